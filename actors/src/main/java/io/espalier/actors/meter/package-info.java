/** What actors are measured by: their messages, mailboxes, failures and restarts, and the messages that found nobody. */
package io.espalier.actors.meter;
