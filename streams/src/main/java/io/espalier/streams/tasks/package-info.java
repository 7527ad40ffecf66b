/**
 * Public benchmarks from local files, prompted as EleutherAI's lm-eval 0.4 prompts them: rows of data sets, solved
 * examples, contexts and continuations, and how a written answer is read.
 */
package io.espalier.streams.tasks;
