/** The way of a command to a daemon that runs elsewhere: HTTP, and the exit code that each answer means. */
package io.espalier.actors.client;
