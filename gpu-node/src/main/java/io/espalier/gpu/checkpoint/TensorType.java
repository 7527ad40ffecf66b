package io.espalier.gpu.checkpoint;

import io.espalier.gpu.Refused;
import io.espalier.gpu.torch.Dtype;
import java.util.Arrays;
import java.util.Optional;

/** Element types of safetensors by their names there. */
public enum TensorType {
    BOOL(1),
    U8(1),
    I8(1),
    I16(2),
    U16(2),
    I32(4),
    U32(4),
    I64(8),
    U64(8),
    F16(2),
    BF16(2),
    F8_E4M3(1),
    F8_E5M2(1),
    F32(4),
    F64(8);

    private final int bytes;

    TensorType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    static Optional<TensorType> of(String name) {
        return Arrays.stream(values()).filter(t -> t.name().equals(name)).findFirst();
    }

    /** The type of weights that config.json names. */
    public static TensorType ofTorch(String name) {
        return Arrays.stream(values())
                .filter(type -> type.isWeight() && type.torchName().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        Refused.invalid("config.json", "torch_dtype", name, "must be float32, float16 or bfloat16"));
    }

    /** Whether weights may have this type. */
    public boolean isWeight() {
        return this == F16 || this == BF16 || this == F32;
    }

    /** The type to compute with; only for types of weights. */
    public Dtype dtype() {
        return Dtype.valueOf(name());
    }

    /** The name of the type in config.json. */
    public String torchName() {
        return switch (this) {
            case F16 -> "float16";
            case BF16 -> "bfloat16";
            case F32 -> "float32";
            case F64 -> "float64";
            case BOOL, F8_E4M3, F8_E5M2, U8, I8, I16, U16, I32, U32, I64, U64 ->
                throw new IllegalStateException(this + " is no weight");
        };
    }
}
