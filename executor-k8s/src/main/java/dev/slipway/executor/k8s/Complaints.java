package dev.slipway.executor.k8s;

import dev.slipway.executor.core.Deadline;
import io.fabric8.kubernetes.api.model.Event;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/** The cluster's warnings in this namespace: one list for all runs, and only while one of them is being kept from something. */
final class Complaints {
    private static final Logger LOG = Logger.getLogger(Complaints.class);
    private static final Duration AGE = Duration.ofSeconds(5);

    private final Api api;
    private final ReentrantLock listing = new ReentrantLock();
    private volatile Deadline fresh = Deadline.in(Duration.ZERO);
    private volatile Map<String, List<Event>> byObject = Map.of();
    private String trouble = "";

    Complaints(Api api) {
        this.api = api;
    }

    /**
     * Whoever asks while another thread lists them gets what was known before.
     *
     * @param uids of objects
     */
    List<Event> about(Set<String> uids) {
        if (fresh.isOver() && listing.tryLock()) {
            try {
                list();
                fresh = Deadline.in(AGE);
            } finally {
                listing.unlock();
            }
        }
        return uids.stream()
                .flatMap(uid -> byObject.getOrDefault(uid, List.of()).stream())
                .toList();
    }

    private void list() {
        try {
            byObject = api.warnings().stream()
                    .filter(event -> event.getInvolvedObject() != null
                            && event.getInvolvedObject().getUid() != null)
                    .collect(Collectors.groupingBy(
                            event -> event.getInvolvedObject().getUid()));
            trouble = "";
        } catch (IOException e) {
            String words = String.valueOf(e.getMessage());
            if (!words.equals(trouble)) {
                LOG.warnf(
                        "the cluster's events cannot be seen now, and so not what keeps a Pod from starting: %s",
                        words);
                trouble = words;
            }
        }
    }
}
