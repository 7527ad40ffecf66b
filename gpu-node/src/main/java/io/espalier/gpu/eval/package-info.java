/** What a model is worth: loss, divergence from its teacher, text it writes, tokens per second. */
package io.espalier.gpu.eval;
