package io.espalier.streams.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.FieldAccessor;
import dev.hardwood.row.PqList;
import dev.hardwood.row.PqStruct;
import dev.hardwood.schema.ColumnSchema;
import io.espalier.gpu.Refused;
import io.espalier.gpu.StrictJson;

/** Rows of a Parquet file: texts, numbers, truths, lists and structures of them. */
final class ParquetFields implements FieldReader {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final TextFile file;
    private final ParquetInput parquet;
    private final RowReader rows;
    private long row;

    ParquetFields(TextFile file) {
        this.file = file;
        this.parquet = new ParquetInput(file);
        try {
            for (ColumnSchema column :
                    parquet.intact(() -> parquet.reader().getFileSchema().getColumns())) {
                parquet.requireKnownCodec(column.fieldPath().toString(), column.columnIndex());
            }
            this.rows = parquet.intact(() -> parquet.reader().buildRowReader().build());
        } catch (RuntimeException e) {
            parquet.close();
            throw e;
        }
    }

    @Override
    public Fields next() {
        return parquet.intact(() -> {
            if (!rows.hasNext()) {
                parquet.requireAll(row);
                return null;
            }
            rows.next();
            row++;
            String where = file.path() + ": row " + row;
            return new Fields(object(rows, where, 0), where);
        });
    }

    private static ObjectNode object(FieldAccessor fields, String where, int depth) {
        if (depth > StrictJson.DEEPEST) {
            throw Refused.invalid(where, "levels", depth, "must be at most " + StrictJson.DEEPEST);
        }
        ObjectNode object = JSON.objectNode();
        for (int i = 0; i < fields.getFieldCount(); i++) {
            String name = fields.getFieldName(i);
            Object value = fields.getValue(name);
            object.set(name, value(value, value instanceof String ? fields.getRawValue(name) : null, where, depth));
        }
        return object;
    }

    /** @param raw of a text, its bytes */
    private static JsonNode value(Object value, Object raw, String where, int depth) {
        return switch (value) {
            case null -> JSON.nullNode();
            // The library replaces what is no UTF-8; whoever asks for the text is to see that.
            case String text when text.indexOf('\uFFFD') >= 0 && raw instanceof byte[] bytes -> JSON.binaryNode(bytes);
            case String text -> JSON.textNode(text);
            case byte[] bytes -> JSON.binaryNode(bytes);
            case Boolean truth -> JSON.booleanNode(truth);
            case Integer number -> JSON.numberNode(number);
            case Long number -> JSON.numberNode(number);
            case Float number -> JSON.numberNode(number);
            case Double number -> JSON.numberNode(number);
            case PqStruct struct -> object(struct, where, depth + 1);
            case PqList list -> {
                ArrayNode array = JSON.arrayNode();
                for (int i = 0; i < list.size(); i++) {
                    Object element = list.get(i);
                    array.add(value(element, element instanceof String ? list.getRaw(i) : null, where, depth + 1));
                }
                yield array;
            }
            default -> JSON.pojoNode(value);
        };
    }

    @Override
    public void close() {
        rows.close();
        parquet.close();
    }
}
