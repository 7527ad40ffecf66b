/**
 * The programs of jobs: what a job means on a rank, and the nodes and clusters that run it. A {@link
 * io.espalier.actors.program.Job} is a value; {@link io.espalier.actors.program.Programs} opens its teacher and student
 * on a rank. A {@link io.espalier.actors.program.NodeWiring} makes a node; a {@link
 * io.espalier.actors.program.LocalCluster} is one for a single job. A kind of job is added here: a record of {@code
 * Job}, its message in job.proto, and its program.
 */
package io.espalier.actors.program;
