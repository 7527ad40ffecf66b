/**
 * The programs that jobs are: what a job means on a rank, and the nodes and clusters that run it. A {@link
 * io.espalier.actors.program.NodeWiring} makes a node; a {@link io.espalier.actors.program.LocalCluster} is one for a single job.
 * Everything that a command starts is here; how it is asked for is the command line's, which this package does not know.
 */
package io.espalier.actors.program;
