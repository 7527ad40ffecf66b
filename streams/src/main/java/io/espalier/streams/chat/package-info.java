/** Conversations as a model's chat template writes them: the part of Jinja that such templates use, as Python runs it. */
package io.espalier.streams.chat;
