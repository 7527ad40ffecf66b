/**
 * Text that keeps coming: sources that may run dry and never end, their records packed in the order of arrival, and
 * positions from which each record is had exactly once. A run owns its {@link io.espalier.streams.live.LiveBatches},
 * which owns the sources; start reading there. A {@code LiveSource} waits for disks and networks on threads of its own.
 * The {@link io.espalier.streams.live.Spool} is the writer's side of records that were sent to a daemon.
 */
package io.espalier.streams.live;
