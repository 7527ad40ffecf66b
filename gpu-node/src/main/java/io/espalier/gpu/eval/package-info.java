/**
 * The measures of a model: loss, divergence from its teacher, text that it writes, tokens per second. The caller owns
 * the model and its thread. Start reading at {@link io.espalier.gpu.eval.Evaluator}.
 */
package io.espalier.gpu.eval;
