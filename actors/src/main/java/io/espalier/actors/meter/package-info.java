/**
 * The measuring of actors: their messages, mailboxes, failures and restarts, and the messages that found no actor.
 * {@link io.espalier.actors.meter.Metered} puts a meter around an actor, which counts on the actor's thread; {@link
 * io.espalier.actors.meter.ActorMeters} is read by any thread.
 */
package io.espalier.actors.meter;
