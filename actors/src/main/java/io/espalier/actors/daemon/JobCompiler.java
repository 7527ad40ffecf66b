package io.espalier.actors.daemon;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.protocol.JobSpec;
import java.nio.file.Path;
import java.util.List;

/** What the words of whoever submits a job mean. */
public interface JobCompiler {
    /**
     * The job of a recipe.
     *
     * @param id that it is to have
     * @param command verb of the command line
     * @param options as in a recipe; relative paths begin at {@code directory}
     * @param spools where the records of its HTTP sources are kept, a directory for each source
     * @throws io.espalier.gpu.Refused where that is no job that a daemon can run
     */
    JobSpec compile(String id, String command, ObjectNode options, Path directory, Path spools);

    /** The directory that the job's run writes to. */
    Path out(JobSpec job);

    /** The sources of a job that records are posted to; empty where it has none. */
    List<String> httpSources(JobSpec job);

    /** Whether the job's student takes orders. */
    boolean takesOrders(JobSpec job);
}
