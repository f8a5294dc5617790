package dev.slipway.executor.k8s;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Everything that is known about one run.
 *
 * @param job as it was last seen; absent if it never was
 * @param isJobGone whether it is not there any more
 * @param pods every Pod that was ever seen of it
 * @param events what the cluster complained of about them
 * @param isStopped whether this executor has asked for its end
 * @param patience how long a Pod may be kept from starting; zero or less: for ever
 */
record Sighting(
        Optional<Job> job,
        boolean isJobGone,
        List<SeenPod> pods,
        List<Event> events,
        boolean isStopped,
        Duration patience,
        Instant now) {
    /** @param isGone whether it is not there any more */
    record SeenPod(Pod pod, boolean isGone) {
        /**
         * The same Pod, seen again. The last states of a Pod that is being deleted do not show any more when that was asked
         * for: what it showed first stands.
         */
        SeenPod then(Pod later, boolean isNowGone) {
            if (pod.getMetadata().getDeletionTimestamp() == null) {
                return new SeenPod(later, isNowGone);
            }
            return new SeenPod(
                    new PodBuilder(later)
                            .editMetadata()
                            .withDeletionTimestamp(pod.getMetadata().getDeletionTimestamp())
                            .withDeletionGracePeriodSeconds(pod.getMetadata().getDeletionGracePeriodSeconds())
                            .endMetadata()
                            .build(),
                    isNowGone);
        }
    }

    /** Whether nothing of it is left in the cluster. */
    boolean isGone() {
        return isJobGone && pods.stream().allMatch(SeenPod::isGone);
    }
}
