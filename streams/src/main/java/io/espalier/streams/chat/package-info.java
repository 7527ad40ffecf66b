/**
 * Conversations as a model's chat template writes them: the part of Jinja that such templates use, as Python runs it.
 * {@link io.espalier.streams.chat.Template} is the way in: the lexer and the parsers turn its text into nodes once, and
 * the renderer walks them for each conversation, on the calling thread and within the bounds of a run.
 */
package io.espalier.streams.chat;
