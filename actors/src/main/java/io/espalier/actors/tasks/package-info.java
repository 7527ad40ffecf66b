/**
 * Benchmarks, scored: the answers of models to each question, accuracies with their errors, and the table of them.
 * {@link io.espalier.actors.tasks.Benchmarks} opens one model after another on the calling thread; the questions and
 * prompts are in {@code io.espalier.streams.tasks}.
 */
package io.espalier.actors.tasks;
