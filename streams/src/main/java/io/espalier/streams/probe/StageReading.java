package io.espalier.streams.probe;

/**
 * The shares of its time that a stage has spent in each state of late. The three shares add up to 1.
 *
 * @param busy share of the time that it worked; for a source, that something was wanted of it
 * @param idle share that it waited for its input
 * @param backPressured share that it had something and nobody took it
 * @param elements that it has finished since the graph was made
 */
public record StageReading(String name, double busy, double idle, double backPressured, long elements) {}
