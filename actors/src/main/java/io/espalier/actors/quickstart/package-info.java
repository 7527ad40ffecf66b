/** A newcomer's whole job on a small world of its own: corpus, teacher, pruning, distillation, verdict. */
package io.espalier.actors.quickstart;
