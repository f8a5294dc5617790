package dev.slipway.executor.k8s;

import dev.slipway.executor.core.Deadline;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Keeps a mirror of the objects of one kind that are this executor's: a whole list, then what changes after it, and after at
 * most {@link #PERIOD} again. So a watch that is cut, has fallen too far behind or is silent for whatever reason costs
 * some seconds and loses nothing.
 */
final class Reflector<T extends HasMetadata> implements Closeable {
    /** Between one list and the next, at most. */
    static final Duration PERIOD = Duration.ofSeconds(25);

    private static final Logger LOG = Logger.getLogger(Reflector.class);

    /** Between one list and the next, at least. */
    private static final Duration PAUSE = Duration.ofMillis(500);

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    /** Where the objects go. */
    interface Sink<T> {
        /** @param version of the list */
        void listed(List<T> all, String version);

        void changed(T object, boolean isGone);
    }

    @FunctionalInterface
    interface Lister<T> {
        Api.Listed<T> list(Map<String, String> labels) throws IOException;
    }

    private final String resource;
    private final Class<T> type;
    private final Map<String, String> labels;
    private final Api api;
    private final Lister<T> lister;
    private final Sink<T> sink;
    private final Thread thread;
    private final CompletableFuture<Void> first = new CompletableFuture<>();
    private final LongSupplier nanos;
    private volatile long listedAt;
    private volatile String trouble = "";
    private volatile boolean closed;

    /**
     * @param resource the API's path of this kind, with %s in the place of the namespace
     * @param nanos a clock that nobody sets
     */
    Reflector(
            String resource,
            Class<T> type,
            Map<String, String> labels,
            Api api,
            Lister<T> lister,
            Sink<T> sink,
            LongSupplier nanos) {
        this.resource = resource;
        this.type = type;
        this.labels = labels;
        this.api = api;
        this.lister = lister;
        this.sink = sink;
        this.nanos = nanos;
        this.listedAt = nanos.getAsLong();
        this.thread =
                Thread.ofVirtual().name("mirror of " + type.getSimpleName()).unstarted(this::run);
    }

    void open() {
        thread.start();
    }

    /** @return whether all is known by then */
    boolean awaitFirst(Duration patience) throws InterruptedIOException {
        try {
            first.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the first list");
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            return false;
        }
    }

    /** Since the last whole list, or since there has been none. */
    Duration age() {
        return Duration.ofNanos(nanos.getAsLong() - listedAt);
    }

    /** Why nothing is seen now, in words; empty while all is well. */
    String trouble() {
        return trouble;
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    private void run() {
        Duration pause = PAUSE;
        while (!closed) {
            try {
                Api.Listed<T> listed = lister.list(labels);
                sink.listed(listed.items(), listed.version());
                listedAt = nanos.getAsLong();
                first.complete(null);
                watch(listed.version(), Deadline.in(PERIOD));
                pause = PAUSE;
            } catch (IOException | RuntimeException e) {
                if (!closed && trouble.isEmpty()) {
                    trouble = String.valueOf(e.getMessage());
                    LOG.warnf("the cluster's %ss cannot be seen now: %s", type.getSimpleName(), trouble);
                }
                pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            }
            rest(pause);
        }
    }

    private void rest(Duration pause) {
        try {
            Deadline.in(pause).pause(pause);
        } catch (InterruptedIOException e) {
            closed = true;
        }
    }

    /** Until the server ends it, it is cut, or the next list is due. */
    private void watch(String version, Deadline end) throws IOException {
        try (InputStream stream = api.watch(resource, labels, version, PERIOD.toSeconds());
                Watchdog _ = new Watchdog(stream, end.left());
                BufferedReader lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            if (!trouble.isEmpty()) {
                LOG.infof("the cluster's %ss are seen again", type.getSimpleName());
                trouble = "";
            }
            String line = lines.readLine();
            while (line != null && !closed) {
                WatchLine event = api.unmarshal(line, WatchLine.class);
                switch (event.type()) {
                    case "ADDED", "MODIFIED" -> sink.changed(api.convert(event.object(), type), false);
                    case "DELETED" -> sink.changed(api.convert(event.object(), type), true);
                    case "BOOKMARK" -> {}
                    default -> {
                        LOG.debugf("a watch ended with %s", line);
                        return;
                    }
                }
                line = lines.readLine();
            }
        } catch (ApiFailure e) {
            throw e;
        } catch (IOException e) {
            LOG.debugf("a watch was cut: %s", e); // the next list shows what it would have shown
        }
    }

    /** A line of a watch. */
    record WatchLine(String type, Map<String, Object> object) {}

    /** Closes a stream on which nothing may ever come. */
    private record Watchdog(Thread thread) implements AutoCloseable {
        Watchdog(InputStream stream, Duration limit) {
            this(Thread.ofVirtual().start(() -> {
                try {
                    Deadline.in(limit).pause(limit);
                    stream.close();
                } catch (IOException e) {
                    // it has ended by itself
                }
            }));
        }

        @Override
        public void close() {
            thread.interrupt();
        }
    }
}
