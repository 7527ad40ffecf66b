package io.espalier.actors.daemon;

import io.espalier.actors.http.JobRequest;
import io.espalier.actors.protocol.JobSpec;
import java.nio.file.Path;

/** Compiles the words of a submission to a job. */
public interface JobCompiler {
    /**
     * The job of a recipe. All that was sent is data: no file is read but the models and texts that it names, and no variable
     * is replaced.
     *
     * @param admission what it may use
     * @param spools where the records of its HTTP sources are kept, a directory for each source
     * @throws io.espalier.gpu.Refused where that is no job that a daemon can run
     */
    JobSpec compile(JobRequest.Submit submit, Admission admission, Path spools);

    /** Whether the job's student takes orders. */
    boolean takesOrders(JobSpec job);
}
