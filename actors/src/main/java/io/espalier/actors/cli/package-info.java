/**
 * The command line: one class for each command, whose options become a value or a request that the packages below carry
 * out, and whose result is printed. Start reading at {@link io.espalier.actors.cli.Main}, which expands recipes and
 * turns every failure into one line and an exit code. Options that commands share are classes of their own, named
 * {@code ...Options}.
 */
package io.espalier.actors.cli;
