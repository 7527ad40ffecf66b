package io.espalier.actors.protocol;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.util.function.Function;

/**
 * The mapping of one record to its message on the wire, and back.
 *
 * @param manifest names it on the wire, for ever
 * @param read throws {@link IllegalArgumentException} at what no writer of ours has written
 */
record WireMapping<R extends WireMessage, M extends MessageLite>(
        String manifest, Class<R> type, Function<R, M> write, Parser<M> parser, Function<M, R> read) {
    byte[] bytes(Object message) {
        return write.apply(type.cast(message)).toByteArray();
    }

    R record(byte[] bytes) throws InvalidProtocolBufferException {
        return read.apply(parser.parseFrom(bytes));
    }
}
