/**
 * Decoder language models as they are configured, stored and computed. A {@link io.espalier.gpu.model.Family} reads
 * config.json into an {@link io.espalier.gpu.model.Anatomy}, all that the rest of the code knows of it. Shapes in names:
 * B rows, S positions, C channels, H query heads, G key-value heads, D head_dim, V vocabulary.
 */
package io.espalier.gpu.model;
