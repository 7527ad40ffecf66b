package io.espalier.gpu.checkpoint;

import io.espalier.gpu.quant.BlockFormat;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/** The form that a tensor's values have in a GGUF file. */
sealed interface GgufData {
    /** Takes the bytes of some rows. */
    interface Sink {
        void put(MemorySegment bytes) throws IOException;
    }

    /** The type's number in the file. */
    int number();

    /** Bytes of so many values. */
    long bytes(long values);

    /** Hands a tensor on, some rows at a time; gives the bytes that it took. */
    long write(TensorData tensor, Sink sink) throws IOException;

    /** Numbers of a type. */
    record Plain(TensorType type) implements GgufData {
        @Override
        public int number() {
            return GgufData.number(type);
        }

        @Override
        public long bytes(long values) {
            return values * type.bytes();
        }

        @Override
        public long write(TensorData tensor, Sink sink) throws IOException {
            if (tensor.type() == type) {
                sink.put(tensor.bytes());
            } else {
                for (Rows rows = Rows.first(tensor); rows.count() > 0; rows = rows.next()) {
                    sink.put(FloatFormat.store(rows.values(), type));
                }
            }
            return bytes(tensor.bytes().byteSize() / tensor.type().bytes());
        }
    }

    /** Blocks of few bits. */
    record Blocks(BlockFormat format) implements GgufData {
        @Override
        public int number() {
            return format.number();
        }

        @Override
        public long bytes(long values) {
            return format.bytes(values);
        }

        @Override
        public long write(TensorData tensor, Sink sink) throws IOException {
            long written = 0;
            for (Rows rows = Rows.first(tensor); rows.count() > 0; rows = rows.next()) {
                Rows some = rows;
                int rowBytes = Math.toIntExact(format.bytes(some.columns()));
                byte[] encoded = new byte[some.count() * rowBytes];
                IntStream.range(0, some.count())
                        .parallel()
                        .forEach(row -> format.encode(some.row(row), encoded, row * rowBytes));
                sink.put(MemorySegment.ofArray(encoded));
                written += encoded.length;
            }
            return written;
        }
    }

    /**
     * Some rows of a matrix.
     *
     * @param from the first
     */
    record Rows(TensorData tensor, long from, int count, int columns) {
        private static final int VALUES_AT_ONCE = 1 << 20;

        static Rows first(TensorData tensor) {
            return at(tensor, 0);
        }

        private static Rows at(TensorData tensor, long from) {
            int columns = Math.toIntExact(tensor.shape()[1]);
            long most = Math.max(1, VALUES_AT_ONCE / columns);
            return new Rows(tensor, from, (int) Math.min(most, tensor.shape()[0] - from), columns);
        }

        Rows next() {
            return at(tensor, from + count);
        }

        float[] values() {
            return values(from, count);
        }

        float[] row(int row) {
            return values(from + row, 1);
        }

        private float[] values(long first, int rows) {
            long rowBytes = (long) columns * tensor.type().bytes();
            return FloatFormat.floats(new TensorData(
                    tensor.name(),
                    tensor.type(),
                    new long[] {rows, columns},
                    tensor.bytes().asSlice(first * rowBytes, rows * rowBytes)));
        }
    }

    static int number(TensorType type) {
        return switch (type) {
            case F32 -> 0;
            case F16 -> 1;
            case BF16 -> 30;
            case BOOL, F8_E4M3, F8_E5M2, U8, I8, I16, U16, I32, U32, I64, U64, F64 ->
                throw new IllegalStateException(type + " weights");
        };
    }
}
