/** Teachers on other ranks, as a student reaches them: links, the choice among them, and what is asked again. */
package io.espalier.actors.teacher;
