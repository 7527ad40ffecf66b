/** How data flows: sources, tokenising and packing, and the running teacher to student graph. */
package io.espalier.streams;
