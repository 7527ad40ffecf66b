/**
 * The records that a run leaves for people and tools: tables, lines, charts and metrics. {@link
 * io.espalier.actors.report.RunLog} follows a run and owns its files; {@link io.espalier.actors.report.MetricsLog} says
 * what each field of metrics.jsonl means.
 */
package io.espalier.actors.report;
