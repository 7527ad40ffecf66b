package io.espalier.actors.pruning;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.prune.ArchitectureSearch.Candidate;

/** A shape and its costs, by the names of config.json. */
public final class CandidateJson {
    private CandidateJson() {}

    public static void put(ObjectNode json, Candidate candidate) {
        json.put("num_hidden_layers", candidate.numHiddenLayers())
                .put("hidden_size", candidate.hiddenSize())
                .put("intermediate_size", candidate.intermediateSize())
                .put("num_attention_heads", candidate.numAttentionHeads())
                .put("num_key_value_heads", candidate.numKeyValueHeads())
                .put("parameters", candidate.parameters())
                .put("memory_bytes", candidate.memoryBytes())
                .put("relative_latency", candidate.relativeLatency());
    }
}
