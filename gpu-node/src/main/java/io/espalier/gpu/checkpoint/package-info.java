/**
 * Models on disk: Hugging Face directories of safetensors in and out, mapped and never read twice, committed as a whole
 * or not at all; and GGUF out.
 */
package io.espalier.gpu.checkpoint;
