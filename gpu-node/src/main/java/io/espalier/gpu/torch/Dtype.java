package io.espalier.gpu.torch;

import io.espalier.gpu.Refused;
import java.util.Locale;

/** The floating types that tensors have, with libtorch's scalar type code. */
public enum Dtype {
    F16(5, 2),
    F32(6, 4),
    F64(7, 8),
    BF16(15, 2);

    private final int code;
    private final int bytes;

    Dtype(int code, int bytes) {
        this.code = code;
        this.bytes = bytes;
    }

    int code() {
        return code;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** Parses {@code f32} or {@code bf16}, the types that a run may compute in. */
    public static Dtype compute(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "f32" -> F32;
            case "bf16" -> BF16;
            default -> throw Refused.usage("dtype", name, "must be f32 or bf16");
        };
    }
}
