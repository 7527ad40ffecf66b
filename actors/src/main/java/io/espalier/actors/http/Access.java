package io.espalier.actors.http;

/** The kinds of access that routes give; they decide who may use a route. */
enum Access {
    /** A supervisor's question: answered to anyone, under any name, from memory. */
    PROBE,
    /** Holds nothing that is anyone's: the dashboard's own files. */
    OPEN,
    READ,
    /**
     * Reads figures under any name where a token is shown, since a collector of figures calls a pod by its address;
     * otherwise the same as READ.
     */
    SCRAPE,
    /** Hands in records. */
    INGEST,
    /** Changes what the daemon does; each request is written to the audit log. */
    OPERATE
}
