/** What the coordinator does not forget: an append-only table of events, one stream a job, in SQLite or PostgreSQL. */
package io.espalier.actors.job.journal;
