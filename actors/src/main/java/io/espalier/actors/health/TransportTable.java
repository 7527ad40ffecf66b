package io.espalier.actors.health;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.streams.transport.TransportCounters;
import java.time.Instant;
import java.util.Optional;

/** The counts of the transport of tensors. */
final class TransportTable {
    private TransportTable() {}

    static ObjectNode json(Optional<TransportCounters> counters, Instant now) {
        ObjectNode answer = AnswerJson.at(now).put("present", counters.isPresent());
        counters.ifPresent(counted -> put(answer, counted));
        return answer;
    }

    private static void put(ObjectNode answer, TransportCounters counted) {
        answer.putObject("process")
                .put("frames_in", counted.framesIn())
                .put("bytes_in", counted.bytesIn())
                .put("frames_out", counted.framesOut())
                .put("bytes_out", counted.bytesOut())
                .put("begun_again", counted.begunAgain())
                .put("gave_up", counted.gaveUp())
                .put("back_pressured", counted.backPressured())
                .put("not_connected", counted.notConnected())
                .put("errors", counted.errors());
        ObjectNode dropped = answer.putObject("dropped");
        counted.dropped().forEach((reason, count) -> dropped.put(JobWatch.label(reason), count));
        answer.putObject("memory")
                .put("in_use_bytes", counted.memory().inUse())
                .put("high_water_bytes", counted.memory().highWater())
                .put("idle_bytes", counted.memory().idle());
        TransportCounters.Driver driver = counted.driver();
        answer.putObject("driver")
                .put("bytes_sent", driver.bytesSent())
                .put("bytes_received", driver.bytesReceived())
                .put("naks_sent", driver.naksSent())
                .put("naks_received", driver.naksReceived())
                .put("retransmits_sent", driver.retransmitsSent())
                .put("flow_control_limits", driver.flowControlLimits())
                .put("flow_control_over_runs", driver.flowControlOverRuns())
                .put("loss_gap_fills", driver.lossGapFills())
                .put("client_timeouts", driver.clientTimeouts())
                .put("errors", driver.errors())
                .put("conductor_max_cycle_s", driver.conductorMaxCycleNanos() * 1e-9);
    }
}
