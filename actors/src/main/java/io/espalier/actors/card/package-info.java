/** The card of a model: README.md with the front that Hugging Face reads, from facts on disk alone. */
package io.espalier.actors.card;
