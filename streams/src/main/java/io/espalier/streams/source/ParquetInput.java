package io.espalier.streams.source;

import dev.hardwood.InputFile;
import dev.hardwood.metadata.CompressionCodec;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.reader.ParquetFileReader;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.Callable;

/** An open Parquet file, whose damage and whose kinds of packing that are not read are told in one line. */
final class ParquetInput implements AutoCloseable {
    /** The codecs for which the library needs a further library. */
    private static final Set<CompressionCodec> UNREADABLE = Set.of(CompressionCodec.BROTLI, CompressionCodec.LZO);

    private final TextFile file;
    private final ParquetFileReader parquet;

    ParquetInput(TextFile file) {
        this.file = file;
        this.parquet = intact(() -> ParquetFileReader.open(InputFile.of(file.path())));
    }

    ParquetFileReader reader() {
        return parquet;
    }

    /** Refuses a column that is packed in a way that is not read. */
    void requireKnownCodec(String column, int index) {
        for (RowGroup group : parquet.getFileMetaData().rowGroups()) {
            CompressionCodec codec = group.columns().get(index).metaData().codec();
            if (UNREADABLE.contains(codec)) {
                throw Refused.invalid(
                        file.path(),
                        "column " + column + ": compression",
                        codec,
                        "is not supported: must be one of uncompressed, snappy, gzip, zstd and lz4");
            }
        }
    }

    /** Refuses a file that has given fewer rows than it says. */
    void requireAll(long rows) {
        long said = parquet.getFileMetaData().numRows();
        if (rows < said) {
            throw Refused.invalid(file.path(), "rows", rows, "must be the " + said + " that it says");
        }
    }

    /** Reads something; the library tells of damage by any exception. */
    <T> T intact(Callable<T> read) {
        try {
            return read.call();
        } catch (Refused e) {
            throw e;
        } catch (Exception e) {
            throw new Refused(
                    Refused.Reason.VALIDATION,
                    file.path() + ": content is damaged (" + firstLine(e) + "): must be complete Parquet",
                    e);
        }
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    @Override
    public void close() {
        try {
            parquet.close();
        } catch (IOException e) {
            throw file.unreadable(e);
        }
    }
}
