package io.espalier.gpu.model;

/** Seed-OSS: Llama with biases of q, k and v. */
final class SeedOss extends DenseFamily {
    SeedOss() {
        super("seed_oss", Gguf.of("seed_oss"));
    }

    @Override
    Integer defaultHeadDim() {
        return 128;
    }

    @Override
    boolean biased(ConfigFields c) {
        return c.flag("attention_bias", true);
    }

    @Override
    boolean outputBiased(ConfigFields c) {
        return c.flag("attention_out_bias", false);
    }
}
