package io.espalier.streams.live;

/** How one source of live text is read. */
sealed interface SourceSettings permits GeneratedSettings, FolderSettings, HttpSettings, KafkaSettings {
    /** As recipes say it. */
    String kind();
}
