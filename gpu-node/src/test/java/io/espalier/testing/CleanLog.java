package io.espalier.testing;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/** Fails each test that logs an error which it did not announce. JUnit registers it for every test of every module. */
public final class CleanLog implements BeforeEachCallback, AfterEachCallback {
    private static final List<String> EXPECTED = new CopyOnWriteArrayList<>();
    private static final List<String> FOREIGN = new CopyOnWriteArrayList<>();

    private final ListAppender<ILoggingEvent> events = new ListAppender<>();

    /** Announces errors whose message, or whose cause's message, contains the text; it holds for the running test. */
    public static void expect(String text) {
        EXPECTED.add(text);
    }

    /** Announces that loggers whose name begins with the prefix may log errors; it holds for the running test. */
    public static void expectFrom(String loggerPrefix) {
        FOREIGN.add(loggerPrefix);
    }

    private static Logger root() {
        return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        EXPECTED.clear();
        FOREIGN.clear();
        events.list.clear();
        events.start();
        root().addAppender(events);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        root().detachAppender(events);
        assertThat(List.copyOf(events.list).stream()
                        .filter(event -> event.getLevel().isGreaterOrEqual(Level.ERROR))
                        .filter(event -> FOREIGN.stream().noneMatch(event.getLoggerName()::startsWith))
                        .map(CleanLog::text)
                        .filter(text -> EXPECTED.stream().noneMatch(text::contains)))
                .as("errors in the log")
                .isEmpty();
    }

    private static String text(ILoggingEvent event) {
        return event.getFormattedMessage()
                + (event.getThrowableProxy() == null
                        ? ""
                        : ": " + event.getThrowableProxy().getMessage());
    }
}
