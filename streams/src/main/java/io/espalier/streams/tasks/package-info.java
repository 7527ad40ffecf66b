/**
 * Public benchmarks from local files, prompted as EleutherAI's lm-eval 0.4 prompts them: rows of data sets, solved
 * examples, contexts and continuations, and the reading of a written answer. Everything here is a function of files and
 * settings; models are asked elsewhere. Start reading at {@link io.espalier.streams.tasks.Task}.
 */
package io.espalier.streams.tasks;
