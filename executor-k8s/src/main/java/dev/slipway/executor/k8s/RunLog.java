package dev.slipway.executor.k8s;

import dev.slipway.executor.core.Deadline;
import dev.slipway.executor.core.LogSource;
import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Follows the output of one run from its start, since a cluster may take the Pod away and the log with it. It reads ahead of
 * whoever takes the output by a bounded length, and keeps what it gave until that is delivered.
 */
final class RunLog implements Closeable {
    private static final Logger LOG = Logger.getLogger(RunLog.class);

    /** How much is read ahead, in bytes of memory. */
    private static final int AHEAD = 256 << 10;

    /** What a line costs beside its bytes. */
    private static final long LINE_COST = 160;

    private static final int BAD_REQUEST = 400;
    private static final int NOT_FOUND = 404;
    private static final Duration PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    /** How long the last of an ended container's output may take to arrive. */
    private static final Duration LAST = Duration.ofSeconds(15);

    /**
     * After so much silence a log is read anew: what lies between may have dropped the connection without a word. A run's end
     * makes that more urgent.
     */
    private static final Duration SILENCE = Duration.ofMinutes(2);

    private static final Duration SILENCE_AT_THE_END = Duration.ofSeconds(5);
    private static final Duration GLANCE = Duration.ofSeconds(1);

    private record Piece(Bytes bytes, LogCursor before, LogCursor after) {
        long cost() {
            return bytes.length() + LINE_COST;
        }
    }

    private final RunId run;
    private final Api api;
    private final Mirror mirror;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Piece> pieces = new ArrayList<>();
    private int given;
    private long ahead;
    private LogCursor read = LogCursor.START;
    private @Nullable Reader reader;
    private String trouble = "";
    private boolean finished;
    private boolean closed;

    RunLog(RunId run, Api api, Mirror mirror) {
        this.run = run;
        this.api = api;
        this.mirror = mirror;
    }

    /** The output from there on. What was read already is not read again. */
    LogSource from(LogCursor cursor) {
        lock.lock();
        try {
            int at = -1;
            for (int i = 0; i < pieces.size() && at < 0; i++) {
                at = pieces.get(i).before().equals(cursor) ? i : -1;
            }
            if (at < 0 && read.equals(cursor)) {
                at = pieces.size();
            }
            if (reader == null || at < 0) {
                restart(cursor);
            } else {
                given = at;
            }
        } finally {
            lock.unlock();
        }
        return new LogSource() {
            @Override
            public Chunk next(int max, Duration patience) throws IOException {
                return RunLog.this.next(max, patience, cursor);
            }

            @Override
            public void release(String delivered) {
                RunLog.this.release(LogCursor.parse(delivered));
            }

            @Override
            public void close() {}
        };
    }

    private void restart(LogCursor cursor) {
        if (reader != null) {
            reader.close();
        }
        pieces.clear();
        given = 0;
        ahead = 0;
        read = cursor;
        finished = false;
        reader = new Reader(cursor);
    }

    private LogSource.Chunk next(int max, Duration patience, LogCursor begin) throws IOException {
        Deadline deadline = Deadline.in(patience);
        Deadline last = Deadline.in(LAST);
        lock.lock();
        try {
            // Whoever asks again and again for what has ended already would keep a processor busy, and there are few.
            while (given == pieces.size()
                    && !closed
                    && !(deadline.isOver() && (finished || last.isOver() || !isOver()))) {
                Duration wait = deadline.isOver() ? PAUSE : deadline.left();
                changed.await(Math.max(1, wait.toNanos()), TimeUnit.NANOSECONDS);
            }
            if (given == pieces.size() && !finished && !closed && last.isOver() && isOver()) {
                throw new IOException("the rest of the run's output cannot be read now" + trouble);
            }
            return given == pieces.size()
                    ? new LogSource.Chunk(
                            Bytes.EMPTY,
                            given == 0
                                    ? begin.toString()
                                    : pieces.get(given - 1).after().toString())
                    : take(max);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for output");
        } finally {
            lock.unlock();
        }
    }

    private LogSource.Chunk take(int max) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        LogCursor after = pieces.get(given).before();
        while (given < pieces.size() && bytes.size() < max) {
            if (bytes.size() + pieces.get(given).bytes().length() > max) {
                split(given, max - bytes.size());
            }
            Piece piece = pieces.get(given++);
            bytes.writeBytes(piece.bytes().unwrap());
            after = piece.after();
        }
        return new LogSource.Chunk(Bytes.of(bytes.toByteArray()), after.toString());
    }

    private void split(int index, int length) {
        Piece whole = pieces.get(index);
        long begin = whole.before().time().equals(whole.after().time())
                        && whole.before().line() == whole.after().line()
                ? Math.max(0, whole.before().offset())
                : 0;
        LogCursor middle = new LogCursor(
                whole.after().container(), whole.after().time(), whole.after().line(), begin + length);
        ahead += LINE_COST;
        pieces.set(index, new Piece(Bytes.of(whole.bytes().unwrap(), 0, length), whole.before(), middle));
        pieces.add(
                index + 1,
                new Piece(Bytes.of(whole.bytes().unwrap(), length, whole.bytes().length()), middle, whole.after()));
    }

    private void release(LogCursor delivered) {
        lock.lock();
        try {
            for (int i = given - 1; i >= 0; i--) {
                if (pieces.get(i).after().equals(delivered)) {
                    List<Piece> done = pieces.subList(0, i + 1);
                    ahead -= done.stream().mapToLong(Piece::cost).sum();
                    given -= done.size();
                    done.clear();
                    changed.signalAll();
                    return;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            if (reader != null) {
                reader.close();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether no more output comes into being. */
    private boolean isOver() {
        return where().map(Where::isOver).orElse(true);
    }

    /**
     * Whose output is the run's now.
     *
     * @param container empty if none has begun
     */
    private record Where(String pod, String container, boolean isOver) {}

    private Optional<Where> where() {
        return mirror.of(run).stream()
                .filter(seen -> !EndRecords.isOn(seen.job()))
                .findFirst()
                .map(seen -> seen.pods().isEmpty()
                        ? new Where("", "", seen.isGone())
                        : where(seen.pods().getFirst(), seen.isGone()));
    }

    private static Where where(Sighting.SeenPod pod, boolean isJobGone) {
        String name = pod.pod().getMetadata().getName();
        String failed = PodVerdicts.failedInitContainer(pod.pod()).orElse("");
        boolean ends = pod.isGone() || PodVerdicts.isTerminal(pod.pod());
        if (!failed.isEmpty()) {
            return new Where(name, failed, true);
        }
        return PodVerdicts.hasBegun(pod.pod())
                ? new Where(name, JobManifests.TASK, ends || PodVerdicts.hasEnded(pod.pod()))
                : new Where(name, "", ends || (isJobGone && pod.isGone()));
    }

    /** Reads until the output has ended. */
    private final class Reader implements Closeable {
        private final Thread thread;
        private volatile boolean stopped;
        private volatile @Nullable InputStream stream;
        private volatile Deadline heard = Deadline.in(SILENCE);
        private volatile boolean silent;
        private LogCursor at;

        Reader(LogCursor from) {
            this.at = from;
            this.thread = Thread.ofVirtual().name("log of " + run).start(this::work);
        }

        @Override
        public void close() {
            stopped = true;
            thread.interrupt();
            InputStream open = stream;
            if (open != null) {
                try {
                    open.close();
                } catch (IOException e) {
                    // it is given up anyway
                }
            }
        }

        private void work() {
            try {
                follow();
            } catch (IOException e) {
                // interrupted: nobody wants the rest
            } finally {
                lock.lock();
                try {
                    if (!stopped) {
                        finished = true;
                    }
                    changed.signalAll();
                } finally {
                    lock.unlock();
                }
            }
        }

        private void follow() throws IOException {
            Duration pause = PAUSE;
            while (!stopped) {
                long version = mirror.version();
                Optional<Where> where = where();
                if (where.isEmpty()
                        || (where.get().container().isEmpty() && where.get().isOver())) {
                    return;
                }
                if (where.get().container().isEmpty()) {
                    mirror.await(version, Deadline.in(LONGEST_PAUSE), LONGEST_PAUSE);
                    continue;
                }
                boolean wasOver = where.get().isOver();
                try {
                    boolean isWhole = read(where.get().pod(), where.get().container());
                    tell("");
                    if (wasOver && isWhole) {
                        return;
                    }
                    awaitOver();
                    pause = PAUSE;
                } catch (ApiFailure e) {
                    // What never began has no output, and what is gone has none any more.
                    if (e.code() == NOT_FOUND || (e.code() == BAD_REQUEST && wasOver)) {
                        return;
                    }
                    tell(": " + e.getMessage());
                    if (e.isRefusal() && e.code() != BAD_REQUEST) {
                        LOG.warnf("the output of %s cannot be read, trying again: %s", run, e.getMessage());
                    }
                    pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
                }
                Deadline.in(pause).pause(pause);
            }
        }

        /** A log that ends does so because its container did, most likely: then it is read once more, to its last line. */
        private void awaitOver() throws InterruptedIOException {
            Deadline deadline = Deadline.in(LONGEST_PAUSE);
            long version = mirror.version();
            while (!isOver() && !deadline.isOver() && !stopped) {
                mirror.await(version, deadline, LONGEST_PAUSE);
                version = mirror.version();
            }
        }

        private void tell(String words) {
            lock.lock();
            try {
                trouble = words;
            } finally {
                lock.unlock();
            }
        }

        /** @return whether the log has ended, and not only the connection */
        private boolean read(String pod, String container) throws IOException {
            Instant since = at.container().equals(container) ? at.time().truncatedTo(ChronoUnit.SECONDS) : Instant.MIN;
            LogLines lines = new LogLines(container, at, this::give);
            try (InputStream open = api.log(pod, container, since.equals(Instant.MIN) ? "" : since.toString())) {
                stream = open;
                heard = Deadline.in(SILENCE);
                Thread listener = Thread.ofVirtual().start(() -> closeIfSilent(open));
                try {
                    byte[] buffer = new byte[16 << 10];
                    int length = stopped ? -1 : open.read(buffer);
                    while (length >= 0) {
                        lines.take(buffer, length);
                        awaitRoom();
                        heard = Deadline.in(SILENCE);
                        length = stopped ? -1 : open.read(buffer);
                    }
                } finally {
                    listener.interrupt();
                }
                return !silent;
            } catch (ApiFailure | InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                return false; // cut: what is missing is read again
            } finally {
                stream = null;
                silent = false;
            }
        }

        private void closeIfSilent(InputStream open) {
            try {
                Deadline patience = heard;
                while (!patience.isOver() && !(patience.elapsed().compareTo(SILENCE_AT_THE_END) > 0 && isOver())) {
                    patience.pause(GLANCE);
                    patience = heard;
                }
                silent = true;
                open.close();
            } catch (IOException e) {
                // it is read no more
            }
        }

        private void give(byte[] bytes, LogCursor after) {
            lock.lock();
            try {
                if (!stopped) {
                    Piece piece = new Piece(Bytes.wrap(bytes), at, after);
                    pieces.add(piece);
                    ahead += piece.cost();
                    at = after;
                    read = after;
                    changed.signalAll();
                }
            } finally {
                lock.unlock();
            }
        }

        private void awaitRoom() throws InterruptedIOException {
            lock.lock();
            try {
                while (ahead > AHEAD && !stopped) {
                    changed.await();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for room");
            } finally {
                lock.unlock();
            }
        }
    }
}
