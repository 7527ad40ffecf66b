package io.espalier.actors.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.espalier.actors.continual.LiveText;
import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.job.Features;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.gpu.Refused;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.train.Adam;
import io.espalier.gpu.train.Frozen;
import io.espalier.gpu.train.LearningRate;
import io.espalier.proto.job.Jobs;
import io.espalier.streams.batch.DocumentAttention;
import io.espalier.streams.source.ReadSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** A job comes back from its message as it was; one of another version is refused by the name of what differs, never misread. */
@Timeout(60)
class JobTest {
    private static final Text TEXT = new Text(
            new ReadSettings("body", 1 << 20, ReadSettings.NullText.SKIP),
            List.of("*.bak"),
            512,
            4,
            -7,
            33,
            true,
            DocumentAttention.SHARED,
            3);
    private static final ComputeSettings COMPUTE = new ComputeSettings("cuda:1", Dtype.BF16, 0, 1L << 33);
    private static final TrainRequest.Schedule SCHEDULE = new TrainRequest.Schedule(
            8,
            LearningRate.Decay.WSD,
            1e-3,
            1e-5,
            0,
            20,
            new Adam(0, 0.95, 1e-8, 0, 1),
            new Frozen(List.of("model.embed_tokens.weight", "model.layers.0.*")),
            5);
    private static final HeldOutFiles HELD_OUT =
            new HeldOutFiles(List.of(Path.of("a.jsonl"), Path.of("/b c.txt")), 10, 64, 0);

    private static Distill distill() {
        return new Distill(
                Path.of("models/teacher"),
                Path.of("/models/student"),
                new Job.Loss(List.of("forward-kl", "ce=0.2"), 2),
                Optional.of(new Features(FeatureLoss.Kind.COSINE, 0.5, false, List.of(0, 3))),
                TEXT,
                List.of(Path.of("text"), Path.of("more")),
                List.of(new Text.Weight("b*", 2), new Text.Weight("a*", 1)),
                COMPUTE,
                400,
                SCHEDULE,
                HELD_OUT,
                new Job.Checkpoints(50, 2, Set.of("steps")),
                true,
                Optional.of(new Distill.TeacherCache(Path.of("cache"), 1L << 40)),
                new Job.Output(Path.of("out"), 1L << 31),
                10);
    }

    private static List<Job> jobs() {
        Distill plain = distill();
        return List.of(
                plain,
                new Distill(
                        plain.teacher(),
                        plain.student(),
                        plain.loss(),
                        Optional.empty(),
                        TEXT,
                        plain.data(),
                        List.of(),
                        COMPUTE,
                        1,
                        SCHEDULE,
                        new HeldOutFiles(List.of(), 1, 1, 0),
                        plain.checkpoints(),
                        false,
                        Optional.empty(),
                        plain.output(),
                        1),
                new Continual(
                        plain.teacher(),
                        plain.student(),
                        plain.loss(),
                        Optional.empty(),
                        TEXT,
                        new LiveText("{\"sources\":{}}"),
                        COMPUTE,
                        0,
                        SCHEDULE,
                        HELD_OUT,
                        plain.checkpoints(),
                        false,
                        plain.output(),
                        10),
                new Calibrate(Path.of("m"), TEXT, List.of(Path.of("t")), 35, COMPUTE, Path.of("s.safetensors")));
    }

    private static JobSpec spec(Job job) {
        return job.spec("j", Path.of("/runs"), 1, 2);
    }

    private static JobSpec with(Message job) {
        return new JobSpec("j", (Jobs.Job) job, Path.of("/runs"), 1, 2);
    }

    @Test
    void everyKindComesBackAsItWas() throws InvalidProtocolBufferException {
        for (Job job : jobs()) {
            Jobs.Job sent = Jobs.Job.parseFrom(spec(job).job().toByteArray());
            assertThat(Job.of(with(sent))).isEqualTo(job);
        }
        assertThat(jobs().stream().map(Object::getClass)).containsOnly(Job.class.getPermittedSubclasses());
    }

    /** All messages without one field each, by the name of that field. */
    private static Stream<DynamicTest> without(Message message, String where, UnaryOperator<Message> whole) {
        List<DynamicTest> tests = new ArrayList<>();
        message.getAllFields().forEach((field, value) -> {
            String there = where + "." + field.getName();
            if (field.isRepeated()) {
                return;
            }
            Message less = whole.apply(message.toBuilder().clearField(field).build());
            if (!Set.of("features", "teacher_cache").contains(field.getName())) {
                tests.add(DynamicTest.dynamicTest(there, () -> refused(less, there + " is absent")));
            }
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                without(
                                (Message) value,
                                there,
                                part -> whole.apply(message.toBuilder()
                                        .setField(field, part)
                                        .build()))
                        .forEach(tests::add);
            }
        });
        return tests.stream();
    }

    private static void refused(Message job, String why) {
        assertThatThrownBy(() -> Job.of(with(job)))
                .isInstanceOf(Refused.class)
                .hasMessage("job j." + why + ": another version has written it");
    }

    @TestFactory
    Stream<DynamicTest> aSettingThatItsWriterDidNotKnowIsNoDefault() {
        Jobs.Job whole = spec(distill()).job();
        return without(
                whole.getDistill(),
                "distill",
                part -> whole.toBuilder().setDistill((Jobs.Distill) part).build());
    }

    @Test
    void aSettingOfALaterVersionIsNotPassedOver() {
        Jobs.Job whole = spec(distill()).job();
        UnknownFieldSet later = UnknownFieldSet.newBuilder()
                .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                .build();
        Jobs.Job.Builder adam = whole.toBuilder();
        adam.getDistillBuilder().getScheduleBuilder().getAdamBuilder().setUnknownFields(later);
        refused(adam.build(), "distill.schedule.adam has a field of number 99, which is unknown here");
        Jobs.Job kind = Jobs.Job.newBuilder().setUnknownFields(later).build();
        assertThatThrownBy(() -> Job.of(with(kind))).hasMessageContaining("number 99");
        Jobs.Job.Builder constant = whole.toBuilder();
        constant.getDistillBuilder().getScheduleBuilder().setDecayValue(77);
        refused(constant.build(), "distill.schedule.decay is a value that is unknown here");
    }

    @Test
    void whatBreaksARuleIsRefusedWhereverItComesFrom() {
        Jobs.Job.Builder job = spec(distill()).job().toBuilder();
        job.getDistillBuilder().getScheduleBuilder().getAdamBuilder().setBeta2(1);
        assertThatThrownBy(() -> Job.of(with(job.build())))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("beta2");
        job.clear().mergeFrom(spec(distill()).job()).getDistillBuilder().setTeacher("a\0b");
        assertThatThrownBy(() -> Job.of(with(job.build())))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("distill.teacher");
    }
}
