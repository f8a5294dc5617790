package dev.slipway.executor.k8s;

import dev.slipway.executor.core.PreflightFailure;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The cluster: its API, and what this executor sees of it. */
final class Cluster implements Closeable {
    /** Requests a second; a cluster's own controllers keep to 20. */
    private static final int RATE = 18;

    private static final int BURST = 36;
    private static final Duration FIRST_LIST = Duration.ofSeconds(20);

    private final Site site;
    private final Supplier<KubernetesClient> connection;
    private final InstantSource clock;
    private final Mirror mirror;
    private @Nullable Api api;
    private @Nullable Complaints complaints;
    private List<Reflector<?>> reflectors = List.of();
    private List<String> remarks = List.of();
    private volatile String described = "";

    /** @param connection may fail, and says why */
    Cluster(Site site, Supplier<KubernetesClient> connection, InstantSource clock) {
        this.site = site;
        this.connection = connection;
        this.clock = clock;
        this.mirror = new Mirror(site.executor());
    }

    /** Until this has returned once, nothing else is to be called. */
    synchronized List<String> prepare() throws PreflightFailure {
        if (!reflectors.isEmpty()) {
            return remarks;
        }
        if (api == null) {
            api = connect();
        }
        Preflight preflight = new Preflight(site, api, clock);
        remarks = preflight.check();
        described = preflight.engine();
        complaints = new Complaints(api);
        open(api);
        return remarks;
    }

    private Api connect() throws PreflightFailure {
        try {
            return new Api(connection.get(), site.settings().namespace(), new Throttle(RATE, BURST));
        } catch (RuntimeException e) {
            throw new PreflightFailure(
                    "the configuration of the cluster's client (%s) cannot be used: %s: mend the file, or name another in backend.kubernetes.kubeconfig"
                            .formatted(
                                    site.settings()
                                            .kubeconfig()
                                            .map(Object::toString)
                                            .orElse("of the Pod, KUBECONFIG or ~/.kube/config"),
                                    reason(e)));
        }
    }

    private static String reason(Throwable failure) {
        Throwable inner = failure;
        while (inner.getCause() != null) {
            inner = inner.getCause();
        }
        return String.valueOf(inner.getMessage());
    }

    private void open(Api server) throws PreflightFailure {
        Map<String, String> ours = Map.of(Marks.EXECUTOR_LABEL, Names.hash(site.executor()));
        List<Reflector<?>> opened = List.of(
                new Reflector<>(
                        "apis/batch/v1/namespaces/%s/jobs", Job.class, ours, server, server::jobs, mirror.ofJobs()),
                new Reflector<>("api/v1/namespaces/%s/pods", Pod.class, ours, server, server::pods, mirror.ofPods()));
        opened.forEach(Reflector::open);
        try {
            for (Reflector<?> reflector : opened) {
                if (!reflector.awaitFirst(FIRST_LIST)) {
                    opened.forEach(Reflector::close);
                    throw new PreflightFailure(
                            "Jobs and Pods of namespace %s cannot be listed at %s: see the log for why"
                                    .formatted(server.namespace(), server.server()));
                }
            }
        } catch (InterruptedIOException e) {
            opened.forEach(Reflector::close);
            throw new PreflightFailure("interrupted");
        }
        reflectors = opened;
    }

    synchronized Api api() {
        return Objects.requireNonNull(api, "the cluster is not prepared");
    }

    synchronized Complaints complaints() {
        return Objects.requireNonNull(complaints, "the cluster is not prepared");
    }

    /** Whether the mirror has shown the whole namespace once: before, what it does not show may be there. */
    synchronized boolean isSeen() {
        return !reflectors.isEmpty();
    }

    Mirror mirror() {
        return mirror;
    }

    /** At once, for what cannot wait for the watch. */
    void seePodsOf(Job job) throws IOException {
        api().pods(Map.of("job-name", job.getMetadata().getName()))
                .items()
                .forEach(pod -> mirror.ofPods().changed(pod, false));
    }

    /** In words; empty before the preflight has passed. */
    String described() {
        return described;
    }

    Instant now() {
        return clock.instant();
    }

    /** How old the older of the last lists is; zero before the first. */
    synchronized Duration age() {
        return reflectors.stream().map(Reflector::age).reduce(Duration.ZERO, (a, b) -> a.compareTo(b) > 0 ? a : b);
    }

    @Override
    public synchronized void close() {
        reflectors.forEach(Reflector::close);
        if (api != null) {
            api.close();
        }
    }
}
