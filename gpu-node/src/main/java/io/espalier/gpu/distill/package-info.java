/** What the student is taught by: losses from hidden states, with gradients by hand. */
package io.espalier.gpu.distill;
