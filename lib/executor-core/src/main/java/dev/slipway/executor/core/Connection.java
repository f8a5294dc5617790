package dev.slipway.executor.core;

import java.time.Duration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Whether the dispatcher answers; told in the log once per change, in plain words. */
final class Connection {
    private static final Logger LOG = Logger.getLogger(Connection.class);

    /** Held calls are answered within 3 s and failed ones repeated within 5 s. */
    private static final Duration RECENT = Duration.ofSeconds(15);

    private final String url;
    private @Nullable Deadline recent;
    private String trouble = "the dispatcher was not reached yet";

    Connection(String url) {
        this.url = url;
    }

    synchronized void accepted() {
        if (!trouble.isEmpty()) {
            LOG.infof("the dispatcher at %s takes this executor's reports", url);
        }
        trouble = "";
        recent = Deadline.in(RECENT);
    }

    synchronized void failed(Throwable cause) {
        String words = cause instanceof RuntimeException failure
                ? switch (Calls.of(failure)) {
                    case UNAUTHORISED ->
                        "the dispatcher at %s refuses the internal token: give both services the same SLIPWAY_INTERNAL_TOKEN"
                                .formatted(url);
                    case OUTDATED ->
                        "the dispatcher at %s has heard of a newer process with this executor's id: stop one of the two"
                                .formatted(url);
                    case REFUSED ->
                        "the dispatcher at %s refuses this executor's report (%s): do both run the same version?"
                                .formatted(url, cause.getMessage());
                    case AWAY -> "the dispatcher at %s does not answer; runs go on and reports wait".formatted(url);
                }
                : "reports fail: " + cause;
        if (!words.equals(trouble)) {
            LOG.warnf("%s (%s)", words, cause);
            trouble = words;
        }
    }

    /** What is wrong; empty while reports are taken. */
    synchronized String trouble() {
        if (trouble.isEmpty() && (recent == null || recent.isOver())) {
            return "the dispatcher at %s has not answered for %d s".formatted(url, RECENT.toSeconds());
        }
        return trouble;
    }
}
