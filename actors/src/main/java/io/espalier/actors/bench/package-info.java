/**
 * The speed of the production graph on models of any shape. {@link io.espalier.actors.bench.DistillBenchmark} builds
 * models with random weights and runs them with the ranks and kernels that distil in earnest; a {@link
 * io.espalier.actors.bench.MeasuredRun} times the steps on the calling thread.
 */
package io.espalier.actors.bench;
