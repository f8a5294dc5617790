package dev.slipway.connector.link;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.formatters.PatternFormatter;

/** What a class logs from now on. */
final class LogLines extends Handler implements AutoCloseable {
    private record Line(Level level, String text) {}

    private static final Formatter MESSAGE = new PatternFormatter("%s");

    private final List<Line> lines = new CopyOnWriteArrayList<>();
    private final Logger logger;

    private LogLines(Logger logger) {
        this.logger = logger;
        logger.addHandler(this);
    }

    static LogLines of(Class<?> type) {
        return new LogLines(Logger.getLogger(type.getName()));
    }

    List<String> at(Level level) {
        return lines.stream()
                .filter(line -> line.level.equals(level))
                .map(Line::text)
                .toList();
    }

    List<String> all() {
        return lines.stream().map(Line::text).toList();
    }

    @Override
    public void publish(LogRecord entry) {
        lines.add(new Line(entry.getLevel(), MESSAGE.format(ExtLogRecord.wrap(entry))));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
    }
}
