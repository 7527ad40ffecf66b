package io.espalier.gpu.prune;

public record Importance(double[] hidden, double[][] ffn, double[][] heads, double[] blockInfluence) {}
