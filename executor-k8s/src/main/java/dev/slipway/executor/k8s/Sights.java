package dev.slipway.executor.k8s;

import dev.slipway.executor.core.RunId;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Puts together what is known of a run. */
final class Sights {
    /** Until then a Pod may take its time, and nobody asks what keeps it. */
    private static final Duration UNREMARKABLE = Duration.ofSeconds(5);

    private final Cluster cluster;
    private final Duration patience;
    private final InstantSource clock;

    /** @param patience how long a Pod may be kept from starting */
    Sights(Cluster cluster, Duration patience, InstantSource clock) {
        this.cluster = cluster;
        this.patience = patience;
        this.clock = clock;
    }

    /**
     * Empty if the cluster has never shown anything of it. A record of its end counts only once its Job is gone, and the
     * announcement of a deletion only if nothing else is known.
     */
    Optional<Sighting> of(RunId run, RunHandle handle) {
        List<Mirror.Seen> all = cluster.mirror().of(run);
        Optional<Mirror.Seen> record = all.stream()
                .filter(seen -> !seen.isGone() && EndRecords.isFinal(seen.job()))
                .findFirst();
        Optional<Mirror.Seen> job =
                all.stream().filter(seen -> !EndRecords.isOn(seen.job())).findFirst();
        if (record.isPresent() && job.isPresent() && !job.get().isGone()) {
            handle.decide(EndRecords.read(record.get().job()));
        }
        Optional<Mirror.Seen> telling =
                record.isPresent() && job.filter(seen -> !seen.isGone()).isEmpty() ? record : job;
        return telling.or(() -> all.stream().filter(seen -> !seen.isGone()).findFirst())
                .map(seen -> sighting(seen, handle));
    }

    private Sighting sighting(Mirror.Seen seen, RunHandle handle) {
        Instant now = clock.instant();
        return new Sighting(
                Optional.of(seen.job()),
                seen.isGone(),
                seen.pods(),
                needsExplanation(seen, now) ? complaints(seen) : List.of(),
                handle.isBeingEnded(),
                patience,
                now);
    }

    private List<Event> complaints(Mirror.Seen seen) {
        Set<String> uids = new HashSet<>();
        uids.add(seen.job().getMetadata().getUid());
        seen.pods().forEach(pod -> uids.add(pod.pod().getMetadata().getUid()));
        return cluster.complaints().about(uids);
    }

    /** Whether it should have got further by now. */
    private static boolean needsExplanation(Mirror.Seen seen, Instant now) {
        Job job = seen.job();
        if (EndRecords.isOn(job) || seen.isGone()) {
            return false;
        }
        boolean isLate = isOlder(job.getMetadata().getCreationTimestamp(), now);
        return seen.pods().isEmpty()
                ? isLate
                : seen.pods().stream()
                        .anyMatch(pod -> (isLate
                                        && pod.pod().getStatus() != null
                                        && "Pending"
                                                .equals(pod.pod().getStatus().getPhase()))
                                || isOlder(pod.pod().getMetadata().getDeletionTimestamp(), now));
    }

    private static boolean isOlder(@Nullable String time, Instant now) {
        if (time == null) {
            return false;
        }
        try {
            return OffsetDateTime.parse(time).toInstant().plus(UNREMARKABLE).isBefore(now);
        } catch (DateTimeParseException e) {
            return false;
        }
    }
}
