/**
 * The daemon's HTTP surface: one table of routes, and narrow ports to what lies behind them ({@link
 * io.espalier.actors.http.Snapshots}, {@link io.espalier.actors.http.JobControl}, {@link
 * io.espalier.actors.http.Ingest}). {@link io.espalier.actors.http.HttpService} owns the port, the event clients and
 * the audit log; {@code Dispatcher} takes every request through the same steps. Handlers run on the actor system's
 * threads and must not block.
 */
package io.espalier.actors.http;
