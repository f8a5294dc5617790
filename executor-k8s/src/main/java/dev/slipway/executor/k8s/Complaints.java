package dev.slipway.executor.k8s;

import dev.slipway.executor.core.Deadline;
import io.fabric8.kubernetes.api.model.Event;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/** The cluster's warnings in this namespace: one list for all runs, and only while one of them is being kept from something. */
final class Complaints {
    private static final Logger LOG = Logger.getLogger(Complaints.class);
    private static final Duration AGE = Duration.ofSeconds(5);

    private final Api api;
    private Deadline fresh = Deadline.in(Duration.ZERO);
    private Map<String, List<Event>> byObject = Map.of();

    Complaints(Api api) {
        this.api = api;
    }

    /** @param uids of objects */
    synchronized List<Event> about(Set<String> uids) {
        if (fresh.isOver()) {
            fresh = Deadline.in(AGE);
            try {
                byObject = api.warnings().stream()
                        .filter(event -> event.getInvolvedObject() != null
                                && event.getInvolvedObject().getUid() != null)
                        .collect(Collectors.groupingBy(
                                event -> event.getInvolvedObject().getUid()));
            } catch (IOException e) {
                LOG.debugf("the cluster's events cannot be seen now: %s", e);
            }
        }
        return uids.stream()
                .flatMap(uid -> byObject.getOrDefault(uid, List.of()).stream())
                .toList();
    }
}
