/** What the actors of several processes say to each other; on the wire it is Protobuf. */
package io.espalier.actors.protocol;
