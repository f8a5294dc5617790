package dev.slipway.cli.api;

import com.fasterxml.jackson.core.JacksonException;
import dev.slipway.cli.Deadline;
import dev.slipway.cli.Json;
import dev.slipway.protocol.Api;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** Follows an execution's output to its end, across restarts of the dispatcher, without missing or repeating a byte. */
public final class OutputFollower {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
    private static final int QUEUED_EVENTS = 64;

    private final ApiClient api;
    private final String id;
    private final Limits limits;
    private long offset;

    /**
     * @param silence after which a connection without events is taken for dead and opened anew
     * @param outage after which a dispatcher that does not answer is given up
     */
    public record Limits(Duration silence, Duration outage) {
        public static final Limits USUAL = new Limits(Duration.ofSeconds(60), Duration.ofSeconds(60));
    }

    /** Where the output goes. */
    public interface Sink {
        void output(byte[] bytes) throws IOException;

        /** Output that is not kept any more. */
        void gap(long missing);
    }

    public OutputFollower(ApiClient api, String id, Limits limits) {
        this.api = api;
        this.id = id;
        this.limits = limits;
    }

    /**
     * Delivers all output.
     *
     * @return the execution, ended
     * @throws ApiFailure if the dispatcher refuses, or stays away for too long
     * @throws IOException if the sink fails
     */
    public Api.Task follow(Sink sink) throws IOException {
        var outage = Deadline.in(limits.outage());
        var pause = FIRST_PAUSE;
        while (true) {
            long before = offset;
            try {
                var end = followOnce(sink);
                if (end.isPresent()) {
                    return end.get();
                }
                outage = Deadline.in(limits.outage()); // it answered
            } catch (ApiFailure e) {
                if (!e.mayPass() || outage.passed()) {
                    throw e;
                }
            }
            pause = offset > before ? FIRST_PAUSE : longer(pause);
            pauseFor(pause);
        }
    }

    /** Empty when the connection ended before the output did. */
    private Optional<Api.Task> followOnce(Sink sink) throws IOException {
        var events = new ServerSentEvents(api.openOutput(id, offset));
        // A read has no time limit of its own: it happens on a thread that can be left behind, by closing its stream.
        var queue = new ArrayBlockingQueue<Optional<ServerSentEvents.Event>>(QUEUED_EVENTS);
        var reader = Thread.ofVirtual().start(() -> readAll(events, queue));
        try {
            while (true) {
                var next = queue.poll(limits.silence().toNanos(), TimeUnit.NANOSECONDS);
                if (next == null || next.isEmpty()) {
                    return Optional.empty();
                }
                var end = take(next.get(), sink);
                if (end.isPresent()) {
                    return end;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApiFailure(ApiFailure.UNREACHABLE, "following the output was interrupted");
        } finally {
            reader.interrupt();
            closeQuietly(events);
        }
    }

    private Optional<Api.Task> take(ServerSentEvents.Event event, Sink sink) throws IOException {
        switch (event.name()) {
            case "output" -> {
                var chunk = read(event, Api.LogChunk.class);
                var bytes = chunk.bytes().toArray();
                int known = Math.clamp(offset - chunk.offset(), 0, bytes.length);
                sink.output(known == 0 ? bytes : Arrays.copyOfRange(bytes, known, bytes.length));
                offset = Math.max(offset, chunk.offset() + bytes.length);
            }
            case "gap" -> {
                var gap = read(event, Api.LogGap.class);
                if (gap.offset() + gap.missing() > offset) {
                    sink.gap(gap.offset() + gap.missing() - Math.max(offset, gap.offset()));
                    offset = gap.offset() + gap.missing();
                }
            }
            case "end" -> {
                return Optional.of(read(event, Api.Task.class));
            }
            default -> {
                // a sign of life, or an event of a newer dispatcher
            }
        }
        return Optional.empty();
    }

    private static <T> T read(ServerSentEvents.Event event, Class<T> type) {
        try {
            return Json.MAPPER.readValue(event.data(), type);
        } catch (JacksonException e) {
            throw new ApiFailure(200, "the dispatcher's output stream is of another version than this program");
        }
    }

    private static void readAll(ServerSentEvents events, BlockingQueue<Optional<ServerSentEvents.Event>> queue) {
        try {
            Optional<ServerSentEvents.Event> event;
            do {
                event = nextOrEnd(events);
                queue.put(event);
            } while (event.isPresent());
        } catch (InterruptedException e) {
            // nobody reads on
        }
    }

    private static Optional<ServerSentEvents.Event> nextOrEnd(ServerSentEvents events) {
        try {
            return events.next();
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    private static Duration longer(Duration pause) {
        var doubled = pause.multipliedBy(2);
        return doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
    }

    private static void pauseFor(Duration pause) {
        try {
            TimeUnit.NANOSECONDS.sleep(pause.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApiFailure(ApiFailure.UNREACHABLE, "following the output was interrupted");
        }
    }

    private static void closeQuietly(ServerSentEvents events) {
        try {
            events.close();
        } catch (IOException e) {
            // it is of no more use either way
        }
    }
}
