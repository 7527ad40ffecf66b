package io.espalier.streams.live;

import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import io.espalier.streams.batch.DocumentEncoder;
import io.espalier.streams.batch.Encoded;
import io.espalier.streams.source.Document;
import io.espalier.streams.source.JsonRecord;
import io.espalier.streams.source.ReadSettings;
import io.espalier.streams.source.StrictUtf8;

/** Turns records into ids; what is wrong with a record becomes its reason, never an exception. Safe for several threads. */
final class RecordDecoder {
    private final DocumentEncoder encoder;
    private final ReadSettings reading;

    RecordDecoder(DocumentEncoder encoder, ReadSettings reading) {
        this.encoder = encoder;
        this.reading = reading;
    }

    Decoded decode(Arrival arrival) {
        return switch (arrival) {
            case Arrival.Item item -> record(item);
            case Arrival.Tombstone _, Arrival.Mark _ -> new Decoded.Nothing(arrival);
        };
    }

    private Decoded record(Arrival.Item item) {
        if (item.fault() != null) {
            return new Decoded.Dead(item, item.fault());
        }
        if (item.bytes().length > reading.maxLineBytes()) {
            return new Decoded.Dead(
                    item,
                    "record is " + item.bytes().length + " bytes: must be at most " + reading.maxLineBytes()
                            + " (max-line-mib)");
        }
        try {
            Encoded ids = encoder.encode(document(item));
            return ids.ids().length == 0
                    ? new Decoded.Dead(item, "text is empty: must hold at least one token")
                    : new Decoded.Text(item, ids);
        } catch (Refused e) {
            return new Decoded.Dead(item, e.getMessage());
        }
    }

    private Document document(Arrival.Item item) {
        Provenance provenance = new Provenance(item.source(), item.partition(), item.offset(), item.next());
        String text = StrictUtf8.decode(item.bytes(), item.bytes().length, item.where());
        return switch (item.form()) {
            case JSON -> JsonRecord.read(text, reading.textField(), item.where(), provenance);
            case TEXT -> new Document.Text(text, provenance);
        };
    }
}
