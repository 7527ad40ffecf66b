package io.espalier.actors.protocol;

import static io.espalier.actors.protocol.WireValues.endpoint;
import static io.espalier.actors.protocol.WireValues.spec;

import com.google.protobuf.ByteString;
import io.espalier.actors.protocol.HostProtocol.Attach;
import io.espalier.actors.protocol.HostProtocol.AttachReply.Attached;
import io.espalier.actors.protocol.HostProtocol.AttachReply.Declined;
import io.espalier.actors.protocol.HostProtocol.Detach;
import io.espalier.actors.protocol.HostProtocol.Drain;
import io.espalier.actors.protocol.HostProtocol.Learn;
import io.espalier.actors.protocol.HostProtocol.Lineage;
import io.espalier.actors.protocol.HostProtocol.Order;
import io.espalier.actors.protocol.HostProtocol.Park;
import io.espalier.actors.protocol.HostProtocol.Pause;
import io.espalier.actors.protocol.HostProtocol.Release;
import io.espalier.actors.protocol.HostProtocol.Stage;
import io.espalier.actors.protocol.HostProtocol.Teach;
import io.espalier.actors.protocol.HostProtocol.Teachers;
import io.espalier.proto.control.Wire;
import java.util.List;

/** The hosts' protocol on the wire. */
final class HostWire {
    private final WireValues values;

    HostWire(WireValues values) {
        this.values = values;
    }

    List<WireMapping<?, ?>> mappings() {
        return List.of(
                new WireMapping<>("teach", Teach.class, HostWire::teach, Wire.Teach.parser(), HostWire::teach),
                new WireMapping<>("learn", Learn.class, HostWire::learn, Wire.Learn.parser(), HostWire::learn),
                new WireMapping<>("teachers", Teachers.class, this::teachers, Wire.Teachers.parser(), this::teachers),
                new WireMapping<>(
                        "pause",
                        Pause.class,
                        pause -> Wire.Pause.newBuilder()
                                .setJob(pause.job())
                                .setPaused(pause.paused())
                                .build(),
                        Wire.Pause.parser(),
                        pause -> new Pause(pause.getJob(), pause.getPaused())),
                new WireMapping<>(
                        "drain",
                        Drain.class,
                        drain -> Wire.Drain.newBuilder()
                                .setJob(drain.job())
                                .setNow(drain.now())
                                .build(),
                        Wire.Drain.parser(),
                        drain -> new Drain(drain.getJob(), drain.getNow())),
                new WireMapping<>(
                        "carry-out",
                        Order.class,
                        order -> OrderWire.order(order.job(), order.order()),
                        Wire.Order.parser(),
                        order -> new Order(order.getJob(), OrderWire.order(order))),
                new WireMapping<>(
                        "park", Park.class, _ -> Wire.Park.getDefaultInstance(), Wire.Park.parser(), _ -> new Park()),
                new WireMapping<>(
                        "release",
                        Release.class,
                        release ->
                                Wire.Release.newBuilder().setJob(release.job()).build(),
                        Wire.Release.parser(),
                        release -> new Release(release.getJob())),
                new WireMapping<>("attach", Attach.class, this::attach, Wire.Attach.parser(), this::attach),
                new WireMapping<>(
                        "detach",
                        Detach.class,
                        detach ->
                                Wire.Detach.newBuilder().setLink(detach.link()).build(),
                        Wire.Detach.parser(),
                        detach -> new Detach(detach.getLink())),
                new WireMapping<>(
                        "attached",
                        Attached.class,
                        attached -> Wire.Attached.newBuilder()
                                .setLink(attached.link())
                                .setInbound(endpoint(attached.inbound()))
                                .setModelDigest(attached.modelDigest())
                                .build(),
                        Wire.Attached.parser(),
                        attached -> new Attached(
                                attached.getLink(), endpoint(attached.getInbound()), attached.getModelDigest())),
                new WireMapping<>(
                        "declined",
                        Declined.class,
                        declined -> Wire.Declined.newBuilder()
                                .setLink(declined.link())
                                .setWhy(declined.why())
                                .setRetry(declined.retry())
                                .build(),
                        Wire.Declined.parser(),
                        declined -> new Declined(declined.getLink(), declined.getWhy(), declined.getRetry())));
    }

    private static Wire.Teach teach(Teach teach) {
        return Wire.Teach.newBuilder()
                .setJob(spec(teach.job()))
                .setEpoch(teach.epoch())
                .setStage(teach.stage())
                .setStages(teach.stages())
                .build();
    }

    private static Teach teach(Wire.Teach teach) {
        return new Teach(spec(teach.getJob()), teach.getEpoch(), teach.getStage(), teach.getStages());
    }

    private static Wire.Learn learn(Learn learn) {
        Wire.Learn.Builder wire = Wire.Learn.newBuilder()
                .setJob(spec(learn.job()))
                .setEpoch(learn.epoch())
                .setPaused(learn.paused());
        learn.lineage()
                .forEach(entry -> wire.addLineage(
                        Wire.Lineage.newBuilder().setEpoch(entry.epoch()).setBaseStep(entry.baseStep())));
        return wire.build();
    }

    private static Learn learn(Wire.Learn learn) {
        return new Learn(
                spec(learn.getJob()),
                learn.getEpoch(),
                learn.getLineageList().stream()
                        .map(entry -> new Lineage(entry.getEpoch(), entry.getBaseStep()))
                        .toList(),
                learn.getPaused());
    }

    private Wire.Teachers teachers(Teachers teachers) {
        Wire.Teachers.Builder wire =
                Wire.Teachers.newBuilder().setJob(teachers.job()).setEpoch(teachers.epoch());
        for (List<Stage> stages : teachers.teachers()) {
            Wire.Teacher.Builder teacher = wire.addTeachersBuilder();
            stages.forEach(stage -> teacher.addStages(Wire.Stage.newBuilder()
                    .setRank(stage.rank())
                    .setIncarnation(stage.incarnation())
                    .setHost(values.ref(stage.host()))));
        }
        return wire.build();
    }

    private Teachers teachers(Wire.Teachers teachers) {
        return new Teachers(
                teachers.getJob(),
                teachers.getEpoch(),
                teachers.getTeachersList().stream()
                        .map(teacher -> teacher.getStagesList().stream()
                                .map(this::stage)
                                .toList())
                        .toList());
    }

    private Stage stage(Wire.Stage stage) {
        return new Stage(stage.getRank(), stage.getIncarnation(), values.ref(stage.getHost()));
    }

    private Wire.Attach attach(Attach attach) {
        return Wire.Attach.newBuilder()
                .setJob(attach.job())
                .setEpoch(attach.epoch())
                .setLink(attach.link())
                .setStage(attach.stage())
                .setDownstream(endpoint(attach.downstream()))
                .setKey(ByteString.copyFrom(attach.key()))
                .setOwner(values.ref(attach.owner()))
                .setReplyTo(values.ref(attach.replyTo()))
                .build();
    }

    private Attach attach(Wire.Attach attach) {
        return new Attach(
                attach.getJob(),
                attach.getEpoch(),
                attach.getLink(),
                attach.getStage(),
                endpoint(attach.getDownstream()),
                attach.getKey().toByteArray(),
                values.ref(attach.getOwner()),
                values.ref(attach.getReplyTo()));
    }
}
