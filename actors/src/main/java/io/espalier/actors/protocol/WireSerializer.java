package io.espalier.actors.protocol;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.NotSerializableException;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/** Puts every {@link WireMessage} on the wire as Protobuf. Made by the actor system, by its configuration. */
public final class WireSerializer extends SerializerWithStringManifest {
    /** The number of this serializer among all of an actor system; it travels with every message. */
    private static final int IDENTIFIER = 5201;

    private final Map<Class<?>, WireMapping<?, ?>> byType;
    private final Map<String, WireMapping<?, ?>> byManifest;

    public WireSerializer(ExtendedActorSystem system) {
        WireValues values = new WireValues(ActorRefResolver.get(Adapter.toTyped(system)));
        this.byType = Stream.of(new CoordinatorWire(values).mappings(), new HostWire(values).mappings())
                .flatMap(java.util.List::stream)
                .collect(Collectors.toUnmodifiableMap(WireMapping::type, Function.identity()));
        this.byManifest = byType.values().stream()
                .collect(Collectors.toUnmodifiableMap(WireMapping::manifest, Function.identity()));
    }

    @Override
    public int identifier() {
        return IDENTIFIER;
    }

    @Override
    public String manifest(Object message) {
        return mapping(message).manifest();
    }

    @Override
    public byte[] toBinary(Object message) {
        return mapping(message).bytes(message);
    }

    private WireMapping<?, ?> mapping(Object message) {
        WireMapping<?, ?> mapping = byType.get(message.getClass());
        if (mapping == null) {
            throw new IllegalArgumentException(message.getClass().getName() + " has no place on the wire");
        }
        return mapping;
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
        WireMapping<?, ?> mapping = byManifest.get(manifest);
        if (mapping == null) {
            throw new NotSerializableException("manifest [" + manifest + "] is unknown here");
        }
        try {
            return mapping.record(bytes);
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw malformed(manifest, bytes.length, e);
        }
    }

    private static NotSerializableException malformed(String manifest, int bytes, Exception cause) {
        NotSerializableException failure =
                new NotSerializableException("[" + manifest + "] of " + bytes + " bytes: " + cause.getMessage());
        failure.initCause(cause);
        return failure;
    }
}
