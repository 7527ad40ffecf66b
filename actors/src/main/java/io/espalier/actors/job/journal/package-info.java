/**
 * The memory of the coordinator: an append-only table of events, one stream for each job, in SQLite or PostgreSQL.
 * {@link io.espalier.actors.job.journal.JdbcJournal} owns one connection and the thread that uses it; calls return at
 * once, and the opener of a journal closes it. {@link io.espalier.actors.job.journal.JobEvent} lists the events.
 */
package io.espalier.actors.job.journal;
