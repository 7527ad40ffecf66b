/**
 * Decoder language models (qwen3, qwen2, llama, mistral) as they are configured, stored and computed. Shapes in names:
 * B rows, S positions, C channels, H query heads, G key-value heads, D head_dim, V vocabulary.
 */
package io.espalier.gpu.model;
