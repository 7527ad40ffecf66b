package io.espalier.actors.protocol;

import io.espalier.proto.job.Jobs;

/** Jobs that tell of themselves only what a test looks at: no rank could run them. */
public final class DescribedJobs {
    private DescribedJobs() {}

    public static Jobs.Job distill() {
        return Jobs.Job.newBuilder()
                .setDistill(Jobs.Distill.newBuilder().setTeacher("teacher").setSteps(9))
                .build();
    }

    public static Jobs.Job continual(String live, String out) {
        return Jobs.Job.newBuilder()
                .setContinual(Jobs.Continual.newBuilder()
                        .setLive(Jobs.LiveText.newBuilder().setJson(live))
                        .setOutput(Jobs.Output.newBuilder().setOut(out)))
                .build();
    }
}
