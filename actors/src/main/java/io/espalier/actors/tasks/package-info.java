/** Benchmarks, scored: what models answer to each question, accuracies with their errors, and the table of them. */
package io.espalier.actors.tasks;
