package io.espalier.streams.source;

import dev.hardwood.InputFile;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.ColumnSchema;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * A column of a Parquet file, each row of it a document; no other column is read. A document's offset is its row. Rows
 * before the first that is asked for are skipped by row group.
 */
final class ParquetReader implements DocumentReader {
    private final TextFile file;
    private final String column;
    private final ParquetFileReader parquet;
    private RowReader rows;
    private long row;

    ParquetReader(TextFile file, ReadSettings settings) {
        this.file = file;
        this.column = settings.textField();
        this.parquet = intact(() -> ParquetFileReader.open(InputFile.of(file.path())));
        try {
            requireText(intact(() -> parquet.getFileSchema().getColumns()));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void requireText(List<ColumnSchema> columns) {
        for (ColumnSchema schema : columns) {
            if (schema.fieldPath().elements().equals(List.of(column))) {
                if (schema.type() != PhysicalType.BYTE_ARRAY) {
                    throw Refused.invalid(file.path(), "column " + column, schema.type(), "must be text");
                }
                return;
            }
        }
        List<String> names = columns.stream().map(c -> c.fieldPath().toString()).toList();
        throw Refused.invalid(
                file.path(), "column " + column, "absent", "must be one of " + names + " (--text-field names it)");
    }

    @Override
    public Document next() {
        byte[] bytes = intact(this::nextBytes);
        if (bytes == null) {
            return null;
        }
        String text = StrictUtf8.decode(bytes, bytes.length, where());
        return new Document.Text(text, new Provenance(file.path().toString(), 0, row - 1, row));
    }

    private byte[] nextBytes() {
        if (rows == null) {
            rows = parquet.buildRowReader()
                    .projection(ColumnProjection.columns(column))
                    .skip(row)
                    .build();
        }
        if (!rows.hasNext()) {
            return null;
        }
        rows.next();
        row++;
        byte[] bytes = rows.getBinary(column);
        if (bytes == null) {
            throw Refused.invalid(where(), column, "null", "must be a text");
        }
        return bytes;
    }

    @Override
    public void skip(long documents) {
        if (rows == null) {
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
