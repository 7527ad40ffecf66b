/**
 * The daemon: a node with an HTTP surface, the control of its jobs, the way of records into spools, and the order in
 * which all of it begins and ends. {@link io.espalier.actors.daemon.Daemon} owns the parts; start reading there. An
 * operator's request goes through {@code DaemonJobs} to the coordinator, and {@code Outcomes} answers it when its
 * outcome is told.
 */
package io.espalier.actors.daemon;
