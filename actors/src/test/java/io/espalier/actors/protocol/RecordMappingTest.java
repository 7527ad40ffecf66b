package io.espalier.actors.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.Descriptor;
import io.espalier.proto.control.Wire;
import io.espalier.proto.job.Jobs;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** No mapping is made of a record and a message that do not have the same components. */
@Timeout(30)
class RecordMappingTest {
    record Cache(String directory, long bytes) {}

    record Less(String directory) {}

    record More(String directory, long bytes, int files) {}

    record OtherType(String directory, double bytes) {}

    record Many(List<String> directory, long bytes) {}

    record Presence(String glob, double share) {}

    record Lineage(long epoch, long baseStep) {}

    enum Fewer {
        MSE,
        COSINE
    }

    record OtherConstants(Fewer kind, double weight, boolean balanced, List<Integer> layers) {}

    private static void unfit(Class<?> type, Descriptor message, String why) {
        assertThatThrownBy(() -> RecordMapping.of(type, message))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    @Test
    void componentsAndFieldsAreTheSame() {
        Descriptor message = Jobs.TeacherCache.getDescriptor();
        unfit(Less.class, message, "bytes");
        unfit(More.class, message, "files");
        unfit(OtherType.class, message, "bytes is no double");
        unfit(Many.class, message, "directory must be repeated");
        unfit(OtherConstants.class, Jobs.Features.getDescriptor(), "NORMALISED_MSE");
        unfit(Lineage.class, Wire.Lineage.getDescriptor(), "could not be seen");
    }

    @Test
    void aRecordIsItsMessage() {
        RecordMapping<Cache> mapping = RecordMapping.of(Cache.class, Jobs.TeacherCache.getDescriptor());
        Jobs.TeacherCache.Builder written = Jobs.TeacherCache.newBuilder();
        mapping.write(new Cache("a", 0), written);
        assertThat(written.build())
                .isEqualTo(Jobs.TeacherCache.newBuilder()
                        .setDirectory("a")
                        .setBytes(0)
                        .build());
        assertThat(mapping.read(written.build(), "cache")).isEqualTo(new Cache("a", 0));
        RecordMapping<Presence> weight = RecordMapping.of(Presence.class, Jobs.Weight.getDescriptor());
        assertThatThrownBy(
                        () -> weight.read(Jobs.Weight.newBuilder().setGlob("*").build(), "weight"))
                .hasMessage("weight.share is absent: another version has written it");
    }
}
