/**
 * A newcomer's whole job on a small world of its own: corpus, teacher, pruning, distillation, verdict. {@link
 * io.espalier.actors.quickstart.Quickstart} runs it step by step on the calling thread, with the commands' own engines.
 */
package io.espalier.actors.quickstart;
