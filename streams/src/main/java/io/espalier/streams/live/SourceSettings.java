package io.espalier.streams.live;

/** How one source of live text is read. */
sealed interface SourceSettings permits GeneratedSettings, FolderSettings, HttpSettings {
    /** As recipes say it. */
    String kind();
}
