package io.espalier.actors.quickstart;

import io.espalier.gpu.eval.Scores;
import java.nio.file.Path;

/**
 * A line of the verdict.
 *
 * @param name what the model is
 * @param directory where it is
 * @param decodeTokensPerSecond written tokens per second at batch 1
 */
record Result(String name, Path directory, long parameters, Scores scores, double decodeTokensPerSecond) {}
