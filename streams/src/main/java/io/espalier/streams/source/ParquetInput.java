package io.espalier.streams.source;

import dev.hardwood.InputFile;
import dev.hardwood.metadata.ColumnChunk;
import dev.hardwood.metadata.CompressionCodec;
import dev.hardwood.metadata.FileMetaData;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.reader.ParquetFileReader;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.Set;
import java.util.concurrent.Callable;

/** An open Parquet file, whose damage and whose kinds of packing that are not read are told in one line. */
final class ParquetInput implements AutoCloseable {
    /** The codecs for which the library needs a further library. */
    private static final Set<CompressionCodec> UNREADABLE = Set.of(CompressionCodec.BROTLI, CompressionCodec.LZO);

    private static final int MAGIC_BYTES = 4;

    /** The magic number twice, and the length of the footer. */
    private static final int EMPTY_BYTES = 2 * MAGIC_BYTES + Integer.BYTES;

    private final TextFile file;
    private final ParquetFileReader parquet;

    ParquetInput(TextFile file) {
        this.file = file;
        this.parquet = intact(() -> ParquetFileReader.open(InputFile.of(file.path())));
        try {
            intact(this::requireConsistent);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Refuses a file whose parts disagree about its rows: a damaged footer may tell of fewer than there are, or of none. In
     * a column of single values each row has one, null or not.
     */
    private Void requireConsistent() {
        FileMetaData said = parquet.getFileMetaData();
        long rows = 0;
        for (RowGroup group : said.rowGroups()) {
            rows = Math.addExact(rows, group.numRows());
            for (ColumnChunk chunk : group.columns()) {
                long values = chunk.metaData().numValues();
                if (values < group.numRows() || (group.numRows() == 0 && values > 0)) {
                    throw Refused.invalid(
                            file.path(),
                            "row group",
                            values + " values in a column",
                            "must fit " + group.numRows() + " rows");
                }
            }
        }
        if (rows != said.numRows()) {
            throw Refused.invalid(file.path(), "rows", said.numRows(), "must be the " + rows + " of its row groups");
        }
        if (said.rowGroups().isEmpty() && holdsPages()) {
            throw Refused.invalid(file.path(), "row groups", "none", "must tell of the pages that are there");
        }
        return null;
    }

    ParquetFileReader reader() {
        return parquet;
    }

    /** Whether anything lies between the magic number and the footer, whose length stands before the last four bytes. */
    private boolean holdsPages() {
        try (FileChannel channel = FileChannel.open(file.path())) {
            ByteBuffer length = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            while (length.hasRemaining()
                    && channel.read(length, channel.size() - MAGIC_BYTES - length.remaining()) >= 0) {}
            return channel.size() > EMPTY_BYTES + length.getInt(0);
        } catch (IOException e) {
            throw file.unreadable(e);
        }
    }

    /** Refuses a column that is packed in a way that is not read. */
    void requireKnownCodec(String column, int index) {
        for (RowGroup group : parquet.getFileMetaData().rowGroups()) {
            CompressionCodec codec =
                    intact(() -> group.columns().get(index).metaData().codec());
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
        return e.getMessage() == null || e instanceof NullPointerException
                ? "what it says of itself is incomplete"
                : e.getMessage().lines().findFirst().orElse("");
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
