package io.espalier.actors.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import io.espalier.actors.daemon.DaemonSettings.LogFormat;
import org.slf4j.LoggerFactory;

/** The log of a process that runs for long: on standard error, with what goes well, in words or one JSON object a line. */
final class DaemonLog {
    private static final String APPENDER = "STDERR";

    private DaemonLog() {}

    static void begin(LogFormat format) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.getLogger("io.espalier").setLevel(Level.INFO);
        switch (format) {
            case TEXT -> {}
            case JSON -> json(context);
        }
    }

    private static void json(LoggerContext context) {
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        if (root.getAppender(APPENDER) instanceof ConsoleAppender<ILoggingEvent> console) {
            JsonEncoder encoder = new JsonEncoder();
            encoder.setContext(context);
            encoder.setWithFormattedMessage(true);
            encoder.setWithMessage(false);
            encoder.setWithArguments(false);
            encoder.setWithContext(false);
            encoder.start();
            console.stop();
            console.setEncoder(encoder);
            console.start();
        }
    }
}
