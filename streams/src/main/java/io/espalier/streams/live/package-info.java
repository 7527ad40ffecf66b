/**
 * Text that keeps coming: sources that may run dry and never end, their records packed in the order of arrival, and
 * positions from which each record is had exactly once. Start reading at {@link io.espalier.streams.live.LiveBatches}.
 */
package io.espalier.streams.live;
