package io.espalier.actors.protocol;

/** A message that may be sent to another process; {@link WireSerializer} knows each of its records. */
public sealed interface WireMessage
        permits CoordinatorProtocol.Command,
                CoordinatorProtocol.Verdict,
                CoordinatorProtocol.Reception,
                HostProtocol.Command,
                HostProtocol.AttachReply,
                JobView,
                JobList {}
