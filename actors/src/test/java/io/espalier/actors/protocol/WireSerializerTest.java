package io.espalier.actors.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.protocol.CoordinatorProtocol.Commit;
import io.espalier.actors.protocol.CoordinatorProtocol.Verdict.Granted;
import io.espalier.proto.control.Wire;
import io.espalier.proto.job.Jobs;
import java.io.NotSerializableException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** Every record of the protocols travels as Protobuf and back; a newer writer is understood, and rubbish is a clean failure. */
@Timeout(60)
class WireSerializerTest {
    private static final long SEED = Long.getLong("espalier.seed", 5);
    private static final ActorTestKit KIT = ActorTestKit.create("wire", EspalierConfig.load());

    private final Random random = new Random(SEED);
    private final Serialization serialization = SerializationExtension.get(Adapter.toClassic(KIT.system()));

    @AfterAll
    static void shutdown() {
        KIT.shutdownTestKit();
    }

    /** All records below a sealed interface: one without a mapping fails the test by being here. */
    private static Stream<Class<?>> records(Class<?> type) {
        return type.isSealed()
                ? Stream.of(type.getPermittedSubclasses()).flatMap(WireSerializerTest::records)
                : Stream.of(type);
    }

    private Object value(Type type) throws ReflectiveOperationException {
        if (type instanceof ParameterizedType generic) {
            if (generic.getRawType() == ActorRef.class) {
                return KIT.createTestProbe().ref();
            }
            Type element = generic.getActualTypeArguments()[0];
            return List.of(value(element), value(element));
        }
        Class<?> plain = (Class<?>) type;
        if (plain.isSealed()) {
            List<Class<?>> options = records(plain).toList();
            return value(options.get(random.nextInt(options.size())));
        }
        if (plain.isRecord()) {
            return record(plain);
        }
        if (plain.isEnum()) {
            return plain.getEnumConstants()[random.nextInt(plain.getEnumConstants().length)];
        }
        return switch (plain.getName()) {
            case "long" -> random.nextLong();
            case "int" -> 1 + random.nextInt(1 << 20);
            case "double" -> random.nextDouble();
            case "boolean" -> random.nextBoolean();
            case "io.espalier.proto.job.Jobs$Job" ->
                random.nextBoolean() ? DescribedJobs.distill() : DescribedJobs.continual("{}", "out");
            case "java.lang.String" -> "text-" + random.nextInt(1000);
            case "java.nio.file.Path" -> Path.of("/run", "" + random.nextInt(1000));
            case "[B" -> bytes(16);
            case "java.util.OptionalDouble" ->
                random.nextBoolean() ? OptionalDouble.of(random.nextDouble()) : OptionalDouble.empty();
            default -> throw new AssertionError("no value of " + type);
        };
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private Object record(Class<?> type) throws ReflectiveOperationException {
        List<Object> values = new ArrayList<>();
        List<Class<?>> types = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            values.add(value(component.getGenericType()));
            types.add(component.getType());
        }
        return type.getDeclaredConstructor(types.toArray(Class<?>[]::new)).newInstance(values.toArray());
    }

    private Object overTheWire(Object message) {
        byte[] bytes = serialization.serialize(message).get();
        String manifest = manifest(message);
        return serialization
                .deserialize(bytes, serialization.findSerializerFor(message).identifier(), manifest)
                .get();
    }

    private WireSerializer serializer() {
        return (WireSerializer) serialization.findSerializerFor(new Granted(1));
    }

    private String manifest(Object message) {
        return ((WireSerializer) serialization.findSerializerFor(message)).manifest(message);
    }

    @TestFactory
    Stream<DynamicTest> everyRecordComesBackAsItWas() {
        return records(WireMessage.class)
                .map(type -> DynamicTest.dynamicTest(type.getSimpleName(), () -> {
                    for (int sample = 0; sample < 20; sample++) {
                        Object message = record(type);
                        assertThat(overTheWire(message))
                                .as("seed " + SEED + ", sample " + sample)
                                .usingRecursiveComparison()
                                .withEqualsForType(Object::equals, ActorRef.class)
                                .withEqualsForType(Object::equals, Jobs.Job.class)
                                .isEqualTo(message);
                    }
                }));
    }

    @Test
    void manifestsAreTheOnesThatOthersKnow() throws ReflectiveOperationException {
        TreeSet<String> manifests = new TreeSet<>();
        for (Class<?> type : records(WireMessage.class).toList()) {
            manifests.add(manifest(record(type)));
        }
        assertThat(String.join(" ", manifests))
                .isEqualTo(
                        "attach attached begin carry-out commit control declined detach drain ended fenced get-job gone"
                                + " granted hello job jobs learn list-jobs order park pause progress release"
                                + " restart-rank submit taken teach teachers turned-down watch");
    }

    @Test
    void aViewOfAJobThatHasNotBegunHasNoProgress() {
        JobView view = new JobView("j", JobState.STARTING, 0, 0, null, List.of(), 0, "", 0);
        assertThat(overTheWire(view)).isEqualTo(view);
    }

    @Test
    void whatANewerWriterAddsIsSkipped() {
        UnknownFieldSet.Field.Builder addition =
                UnknownFieldSet.Field.newBuilder().addLengthDelimited(ByteString.copyFromUtf8("of a later version"));
        byte[] bytes = Wire.Granted.newBuilder()
                .setEpoch(7)
                .setUnknownFields(UnknownFieldSet.newBuilder()
                        .addField(900, addition.addVarint(5).build())
                        .build())
                .build()
                .toByteArray();
        assertThat(read(bytes, "granted")).isEqualTo(new Granted(7));
        assertThat(bytes.length).isGreaterThan(new Granted(7).toString().length());
    }

    private Object read(byte[] bytes, String manifest) {
        return serialization
                .deserialize(bytes, serializer().identifier(), manifest)
                .get();
    }

    @Test
    void rubbishIsACleanFailure() {
        for (byte[] bytes : List.of(new byte[] {-1, -1, -1}, new byte[] {10, 100, 1}, new byte[0])) {
            assertThatThrownBy(() -> read(bytes, "commit"))
                    .isInstanceOf(NotSerializableException.class)
                    .hasMessageContaining("[commit] of " + bytes.length + " bytes");
        }
        byte[] newerEnum = Wire.Hello.newBuilder().setRoleValue(77).build().toByteArray();
        assertThatThrownBy(() -> read(newerEnum, "hello"))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("RankRole is unknown here");
        assertThatThrownBy(() -> read(new byte[0], "of-tomorrow"))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("manifest [of-tomorrow] is unknown here");
    }

    @Test
    void anyPrefixOfAMessageIsReadOrCleanlyRefused() {
        byte[] whole = serialization
                .serialize(new Commit(
                        "job",
                        3,
                        4,
                        500,
                        "ab".repeat(32),
                        KIT.<CoordinatorProtocol.Verdict>createTestProbe().ref()))
                .get();
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> read(cut, "commit")).isInstanceOf(NotSerializableException.class);
        }
    }

    @Test
    void javaSerialisationIsOff() {
        assertThatThrownBy(() ->
                        serialization.serialize(new ArrayList<>(List.of(1))).get())
                .hasMessageContaining("Java");
    }
}
