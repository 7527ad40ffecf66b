package io.espalier.streams.live;

/** The settings of one source of live text. */
sealed interface SourceSettings permits GeneratedSettings, FolderSettings, HttpSourceSettings, KafkaSettings {
    /** The kind of the source as recipes name it. */
    String kind();
}
