package io.espalier.actors.protocol;

import io.espalier.proto.control.Wire;

/** Maps a job's state to its form on the wire, and back. */
final class JobWire {
    private JobWire() {}

    static Wire.JobView view(JobView view) {
        Wire.JobView.Builder wire = Wire.JobView.newBuilder()
                .setJob(view.job())
                .setState(
                        switch (view.state()) {
                            case STARTING -> Wire.JobState.STARTING;
                            case RUNNING -> Wire.JobState.RUNNING;
                            case PAUSED -> Wire.JobState.PAUSED;
                            case DRAINING -> Wire.JobState.DRAINING;
                            case STOPPING -> Wire.JobState.STOPPING;
                            case STOPPED -> Wire.JobState.STOPPED;
                            case FAILED -> Wire.JobState.FAILED;
                        })
                .setEpoch(view.epoch())
                .setCommittedStep(view.committedStep())
                .setRestarts(view.restarts())
                .setCause(view.cause())
                .setExitCode(view.exitCode());
        view.ranks().forEach(rank -> wire.addRanks(WireValues.status(rank)));
        if (view.progress() != null) {
            wire.setProgress(WireValues.progress(view.progress()));
        }
        return wire.build();
    }

    static Wire.JobList list(JobList list) {
        Wire.JobList.Builder wire = Wire.JobList.newBuilder().setTotal(list.total());
        list.jobs()
                .forEach(entry -> wire.addJobs(Wire.JobEntry.newBuilder()
                        .setJob(WireValues.spec(entry.job()))
                        .setView(view(entry.view()))));
        return wire.build();
    }

    static JobList list(Wire.JobList list) {
        return new JobList(
                list.getJobsList().stream()
                        .map(entry -> new JobList.Entry(WireValues.spec(entry.getJob()), view(entry.getView())))
                        .toList(),
                list.getTotal());
    }

    static JobView view(Wire.JobView view) {
        JobState state = switch (view.getState()) {
            case STARTING -> JobState.STARTING;
            case RUNNING -> JobState.RUNNING;
            case PAUSED -> JobState.PAUSED;
            case DRAINING -> JobState.DRAINING;
            case STOPPING -> JobState.STOPPING;
            case STOPPED -> JobState.STOPPED;
            case FAILED -> JobState.FAILED;
            case JOB_STATE_UNSPECIFIED, UNRECOGNIZED -> throw WireValues.unknown(view.getState());
        };
        return new JobView(
                view.getJob(),
                state,
                view.getEpoch(),
                view.getCommittedStep(),
                view.hasProgress() ? WireValues.progress(view.getProgress()) : null,
                view.getRanksList().stream().map(WireValues::status).toList(),
                view.getRestarts(),
                view.getCause(),
                view.getExitCode());
    }
}
