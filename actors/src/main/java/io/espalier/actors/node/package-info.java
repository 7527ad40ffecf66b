/** A node: one process, member of the cluster, and the ranks that it runs. */
package io.espalier.actors.node;
