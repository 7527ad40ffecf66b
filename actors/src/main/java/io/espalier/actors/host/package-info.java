/** What one rank does for a job: a host that serves as a stage of a teacher, or learns. */
package io.espalier.actors.host;
