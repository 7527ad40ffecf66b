package io.espalier.actors.job.journal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Reads all events of a journal, each as its coordinator would. */
final class JournalCheck {
    private static final int MOST_FAULTS = 100;

    private JournalCheck() {}

    /** The faults of a journal, each beginning with the name of its stream; empty where every event can be read. */
    static List<String> faults(Connection database) throws SQLException {
        List<String> faults = new ArrayList<>();
        String stream = "";
        long expected = 1;
        try (Statement statement = database.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT stream, seq, type, payload FROM espalier_event ORDER BY stream, seq")) {
            while (rows.next() && faults.size() < MOST_FAULTS) {
                expected = rows.getString(1).equals(stream) ? expected : 1;
                stream = rows.getString(1);
                long seq = rows.getLong(2);
                if (seq != expected) {
                    faults.add(stream + ": event " + expected + " is missing");
                }
                expected = seq + 1;
                String why = unreadable(rows.getString(3), rows.getBytes(4));
                if (!why.isEmpty()) {
                    faults.add(stream + ": event " + seq + " cannot be read: " + why);
                }
            }
        }
        return faults;
    }

    private static String unreadable(String type, byte[] payload) {
        try {
            EventCodec.event(type, payload);
            return "";
        } catch (JournalFailure e) {
            return e.getMessage().replaceFirst("^journal: ", "");
        }
    }

    /** The number of events. */
    static long events(Connection database) throws SQLException {
        return number(database, "SELECT COUNT(*) FROM espalier_event");
    }

    /** The number of jobs. */
    static long jobs(Connection database) throws SQLException {
        return number(
                database, "SELECT COUNT(DISTINCT stream) FROM espalier_event WHERE stream <> '" + Journal.LIST + "'");
    }

    private static long number(Connection database, String query) throws SQLException {
        try (Statement statement = database.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }
}
