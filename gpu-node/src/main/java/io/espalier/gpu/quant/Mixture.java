package io.espalier.gpu.quant;

/**
 * A choice of format for each matrix of a model, as llama.cpp's own quantiser mixes them: in Q4_K_M the matrices that suffer
 * most take more bits. Source: the rules of llama.cpp's {@code llama-quantize} without an importance matrix.
 */
public enum Mixture {
    Q8_0(7),
    Q6_K(18),
    Q4_K_M(15);

    private final int fileType;

    Mixture(int fileType) {
        this.fileType = fileType;
    }

    /** The value of the key {@code general.file_type}. */
    public int fileType() {
        return fileType;
    }

    /**
     * The format of a matrix; null where llama.cpp leaves it alone, or has no blocks for its rows and takes f16.
     *
     * @param name in the file
     * @param columns values of a row
     * @param layer -1 outside the layers
     * @param layers how many there are
     * @param head whether it makes the logits
     */
    public BlockFormat format(String name, long columns, int layer, int layers, boolean head) {
        BlockFormat wished = wished(name, layer, layers, head);
        return wished.divides(columns) ? wished : instead(wished, columns);
    }

    /** Whether llama.cpp quantises a matrix of this name at all. */
    public static boolean covers(String name) {
        return name.endsWith(".weight") && !name.contains("_norm.") && !name.contains("ffn_gate_inp.");
    }

    private static BlockFormat instead(BlockFormat wished, long columns) {
        BlockFormat other = wished.instead();
        return other != null && other.divides(columns) ? other : null;
    }

    private BlockFormat wished(String name, int layer, int layers, boolean head) {
        return switch (this) {
            case Q8_0 -> BlockFormat.Q8_0;
            case Q6_K -> BlockFormat.Q6_K;
            case Q4_K_M -> {
                if (head) {
                    yield BlockFormat.Q6_K;
                }
                boolean delicate = name.contains("attn_v.") || name.contains("attn_qkv.") || name.contains("ffn_down");
                yield delicate && moreBits(layer, layers) ? BlockFormat.Q6_K : BlockFormat.Q4_K;
            }
        };
    }

    /** The first eighth of the layers, the last, and every third between. */
    private static boolean moreBits(int layer, int layers) {
        int eighth = layers / 8;
        return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
    }
}
