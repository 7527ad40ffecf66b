/** The command line: one class per command, thin over the engine. */
package io.espalier.actors.cli;
