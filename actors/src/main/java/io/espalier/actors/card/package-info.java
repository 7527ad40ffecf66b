/**
 * The card of a model: README.md with the front that Hugging Face reads, from facts on disk alone. The text is a
 * function of a model's directory; the export of a model writes it. Start reading at {@link
 * io.espalier.actors.card.ModelCard}.
 */
package io.espalier.actors.card;
