/**
 * The memory of the coordinator: an append-only table of events, one stream for each job, in SQLite or PostgreSQL.
 * {@link io.espalier.actors.job.journal.JdbcJournal} owns one connection and the thread that uses it; calls return at
 * once, and the node that opened the journal closes it. {@link io.espalier.actors.job.journal.JobEvent} lists what can
 * be written.
 */
package io.espalier.actors.job.journal;
