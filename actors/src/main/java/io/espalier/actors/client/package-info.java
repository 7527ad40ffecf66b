/**
 * The way of a command to a daemon that runs elsewhere: HTTP, and the exit code that each answer means. A command opens
 * a {@link io.espalier.actors.client.DaemonClient} and closes it; its calls block the command's thread.
 */
package io.espalier.actors.client;
