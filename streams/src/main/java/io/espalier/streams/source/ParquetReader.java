package io.espalier.streams.source;

import dev.hardwood.InputFile;
import dev.hardwood.metadata.CompressionCodec;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.ColumnSchema;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * A column of a Parquet file, each row of it a document; no other column is read. A document's offset is its row. Rows
 * before the first that is asked for are skipped by row group.
 */
final class ParquetReader implements DocumentReader {
    /** The codecs for which the library needs a further library. */
    private static final Set<CompressionCodec> UNREADABLE = Set.of(CompressionCodec.BROTLI, CompressionCodec.LZO);

    private final TextFile file;
    private final ReadSettings settings;
    private final String column;
    private final int index;
    private final ParquetFileReader parquet;
    private RowReader rows;
    private long row;
    private int field;

    ParquetReader(TextFile file, ReadSettings settings) {
        this.file = file;
        this.settings = settings;
        this.column = settings.textField();
        this.parquet = intact(() -> ParquetFileReader.open(InputFile.of(file.path())));
        try {
            this.index = requireText(intact(() -> parquet.getFileSchema().getColumns()));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * The index of the column among those of a row. Refuses a column that is not there, that is no text, or that is
     * packed in a way that is not read.
     */
    private int requireText(List<ColumnSchema> columns) {
        for (ColumnSchema schema : columns) {
            if (schema.fieldPath().elements().equals(List.of(column))) {
                if (schema.type() != PhysicalType.BYTE_ARRAY) {
                    throw Refused.invalid(file.path(), "column " + column, schema.type(), "must be text");
                }
                requireKnownCodec(schema.columnIndex());
                return (int) columns.stream()
                        .limit(schema.columnIndex())
                        .map(before -> before.fieldPath().elements().getFirst())
                        .distinct()
                        .count();
            }
        }
        List<String> names = columns.stream().map(c -> c.fieldPath().toString()).toList();
        throw Refused.invalid(
                file.path(), "column " + column, "absent", "must be one of " + names + " (--text-field names it)");
    }

    private void requireKnownCodec(int index) {
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

    @Override
    public Document next() {
        while (intact(this::advance)) {
            byte[] bytes = intact(() -> rows.getBinary(field));
            if (bytes != null) {
                return document(bytes);
            }
            if (!settings.skipNulls()) {
                throw Refused.invalid(
                        where(), column, "null", "must be a text (--null-text skip passes over such rows)");
            }
        }
        return null;
    }

    private Document document(byte[] bytes) {
        String text = StrictUtf8.decode(bytes, bytes.length, where());
        return new Document.Text(text, new Provenance(file.path().toString(), 0, row - 1, row));
    }

    /** Whether there is another row; refuses a file that gives fewer rows than it says. */
    private boolean advance() {
        if (rows == null) {
            // A name with a dot in it would be taken for a path.
            boolean plain = !column.contains(".");
            rows = parquet.buildRowReader()
                    .projection(plain ? ColumnProjection.columns(column) : ColumnProjection.all())
                    .skip(row)
                    .build();
            field = plain ? 0 : index;
        }
        if (!rows.hasNext()) {
            long said = parquet.getFileMetaData().numRows();
            if (row < said) {
                throw Refused.invalid(file.path(), "rows", row, "must be the " + said + " that it says");
            }
            return false;
        }
        rows.next();
        row++;
        return true;
    }

    @Override
    public void skip(long documents) {
        if (rows == null && !settings.skipNulls()) {
            row += documents;
        } else {
            DocumentReader.super.skip(documents);
        }
    }

    /** File and row, counted from 1 as lines are. */
    private String where() {
        return file.path() + ": row " + row;
    }

    /** The library tells of damage by any exception. */
    private <T> T intact(Callable<T> read) {
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
        if (rows != null) {
            rows.close();
        }
        try {
            parquet.close();
        } catch (IOException e) {
            throw file.unreadable(e);
        }
    }
}
