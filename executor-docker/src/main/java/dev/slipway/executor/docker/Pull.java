package dev.slipway.executor.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.github.dockerjava.transport.DockerHttpClient;
import dev.slipway.executor.core.Deadline;
import dev.slipway.executor.core.Progress;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Cause;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One pull of an image, for everybody who wants it while it goes on; it is given up when nobody does any more. */
final class Pull {
    private static final long TELL_MILLIS = 1_000;

    /** Whoever waits looks whether it makes progress, also before its first answer. */
    private static final Duration FOR_EVER = Duration.ofDays(365);

    private final Engine engine;
    private final ImageName image;
    private final String platform;
    private final Credentials credentials;
    private final Optional<Duration> stall;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final PullProgress progress = new PullProgress();
    private int waiting;
    private boolean begun;
    private boolean over;
    private Deadline heard = Deadline.in(Duration.ZERO);
    private @Nullable StartFailure failure;
    private DockerHttpClient.@Nullable Response response;
    private @Nullable Thread worker;

    /** @param stall how long it may make no progress; absent: for ever */
    Pull(Engine engine, ImageName image, String platform, Credentials credentials, Optional<Duration> stall) {
        this.engine = engine;
        this.image = image;
        this.platform = platform;
        this.credentials = credentials;
        this.stall = stall;
    }

    /** @return false if it is over: it then says nothing about now */
    boolean join() {
        lock.lock();
        try {
            if (over) {
                return false;
            }
            waiting++;
            if (!begun) {
                begun = true;
                heard = Deadline.in(stall.orElse(Duration.ZERO));
                worker = Thread.ofVirtual().name("pull " + image).start(this::work);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** @return whether nobody waits for it any more */
    boolean leave() {
        lock.lock();
        try {
            waiting--;
            if (waiting == 0 && !over) {
                over = true;
                breakOff();
            }
            return waiting == 0;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for its end. */
    void await(Progress teller) throws StartFailure, InterruptedIOException {
        String told = "";
        lock.lock();
        try {
            while (!over) {
                String words = progress.words(image.toString());
                if (!words.equals(told)) {
                    told = words;
                    teller.step(words);
                }
                if (changed.await(TELL_MILLIS, TimeUnit.MILLISECONDS)) {
                    continue;
                }
                if (stall.isPresent() && heard.isOver()) {
                    end(new StartFailure(
                            Cause.IMAGE_PULL_FAILED,
                            "the pull of %s made no progress for %d s"
                                    .formatted(image, stall.get().toSeconds())));
                }
            }
            if (failure != null) {
                throw failure;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the pull of " + image);
        } finally {
            lock.unlock();
        }
    }

    private void work() {
        try (DockerHttpClient.Response answer =
                engine.pull(image, platform, credentials.header(image.registry()), FOR_EVER)) {
            if (!begin(answer)) {
                return;
            }
            Optional<String> error = read(answer);
            end(error.map(words -> failed(500, words)).orElse(null));
        } catch (EngineRefusal e) {
            end(failed(e.status(), e.words()));
        } catch (IOException | RuntimeException e) {
            end(new StartFailure(
                    Cause.IMAGE_PULL_FAILED, "the pull of %s broke off: %s".formatted(image, e.getMessage())));
        }
    }

    private boolean begin(DockerHttpClient.Response answer) {
        lock.lock();
        try {
            response = answer;
            return !over;
        } finally {
            lock.unlock();
        }
    }

    private Optional<String> read(DockerHttpClient.Response answer) throws IOException {
        MappingIterator<JsonNode> lines = EngineConnection.values(answer);
        while (lines.hasNextValue()) {
            JsonNode line = lines.nextValue();
            if (line.has("error")) {
                return Optional.of(EngineWords.shown(line.path("error").asText()));
            }
            lock.lock();
            try {
                heard = Deadline.in(stall.orElse(Duration.ZERO));
                progress.hear(line);
            } finally {
                lock.unlock();
            }
        }
        return Optional.empty();
    }

    private void end(@Nullable StartFailure how) {
        lock.lock();
        try {
            if (!over) {
                over = true;
                failure = how;
                breakOff();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The engine stops pulling when nobody listens; its first answer may not be there yet. */
    private void breakOff() {
        if (response != null) {
            response.close();
        }
        if (worker != null && !worker.equals(Thread.currentThread())) {
            worker.interrupt();
        }
        changed.signalAll();
    }

    private StartFailure failed(int status, String words) {
        return new StartFailure(
                PullFailure.cause(status, words), "the image %s cannot be pulled: %s".formatted(image, words));
    }
}
