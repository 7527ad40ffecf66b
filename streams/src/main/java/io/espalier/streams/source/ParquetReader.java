package io.espalier.streams.source;

import static io.espalier.gpu.Refused.setting;

import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.reader.RowReader;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.ColumnSchema;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import java.util.List;

/**
 * A column of a Parquet file, each row of it a document; no other column is read. A document's offset is its row. Rows
 * before the first that is asked for are skipped by row group.
 */
final class ParquetReader implements DocumentReader {
    private final TextFile file;
    private final ReadSettings settings;
    private final String column;
    private final int index;
    private final ParquetInput parquet;
    private RowReader rows;
    private long row;
    private int field;

    ParquetReader(TextFile file, ReadSettings settings) {
        this.file = file;
        this.settings = settings;
        this.column = settings.textField();
        this.parquet = new ParquetInput(file);
        try {
            this.index = requireText(
                    parquet.intact(() -> parquet.reader().getFileSchema().getColumns()));
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
                parquet.requireKnownCodec(column, schema.columnIndex());
                return (int) columns.stream()
                        .limit(schema.columnIndex())
                        .map(before -> before.fieldPath().elements().getFirst())
                        .distinct()
                        .count();
            }
        }
        List<String> names = columns.stream().map(c -> c.fieldPath().toString()).toList();
        throw Refused.invalid(
                file.path(),
                "column " + column,
                "absent",
                "must be one of " + names + " (" + setting("text-field") + " names it)");
    }

    @Override
    public Document next() {
        while (parquet.intact(this::advance)) {
            byte[] bytes = parquet.intact(() -> rows.getBinary(field));
            if (bytes != null) {
                return document(bytes);
            }
            if (!settings.skipNulls()) {
                throw Refused.invalid(
                        where(),
                        column,
                        "null",
                        "must be a text (" + setting("null-text") + " skip passes over such rows)");
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
            rows = parquet.reader()
                    .buildRowReader()
                    .projection(plain ? ColumnProjection.columns(column) : ColumnProjection.all())
                    .skip(row)
                    .build();
            field = plain ? 0 : index;
        }
        if (!rows.hasNext()) {
            parquet.requireAll(row);
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

    @Override
    public void close() {
        if (rows != null) {
            rows.close();
        }
        parquet.close();
    }
}
