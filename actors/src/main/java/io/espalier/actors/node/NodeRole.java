package io.espalier.actors.node;

import java.util.Locale;

/** The purposes of a node, which may have several. */
public enum NodeRole {
    /** Teacher ranks run here. */
    TEACHER,
    /** Student ranks run here. */
    STUDENT,
    /** The job coordinator may run here. */
    COORDINATOR,
    /** Text is taken in here. */
    INGEST,
    /** Operators ask here. */
    API;

    /** The role as the cluster's members carry it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
