package io.espalier.actors.http;

/** What a route lets be done, and so who may use it. */
enum Access {
    /** A supervisor's question: answered to anyone, under any name, from memory. */
    PROBE,
    /** Holds nothing that is anyone's: the dashboard's own files. */
    OPEN,
    READ,
    /** As READ, under any name where a token is shown: whoever collects figures calls a pod by its address. */
    SCRAPE,
    /** Hands in records. */
    INGEST,
    /** Changes what the daemon does; each request is written to the audit log. */
    OPERATE
}
