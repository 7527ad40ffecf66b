/**
 * The messages between actors of several processes; on the wire they are Protobuf. {@link
 * io.espalier.actors.protocol.CoordinatorProtocol} goes to the coordinator and {@link
 * io.espalier.actors.protocol.HostProtocol} to the host of a rank. {@code WireSerializer} knows the mapping of each
 * record, and refuses bytes that no writer of this version has written.
 */
package io.espalier.actors.protocol;
