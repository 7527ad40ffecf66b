/** Who runs it: rank workers and their supervision, jobs, reports and the command line. */
package io.espalier.actors;
