/**
 * A node: one process, a member of the cluster, and the ranks that it runs. {@link io.espalier.actors.node.Node} owns
 * the state directory, the actor system and the ranks' processes; start reading there. {@link
 * io.espalier.actors.node.RankProgram} is what a rank's process runs, and {@code Member} how an actor system joins and
 * leaves. Only holders of the cluster's key reach a member's port.
 */
package io.espalier.actors.node;
