package dev.slipway.executor.k8s;

import dev.slipway.executor.core.PreflightFailure;
import dev.slipway.executor.core.RunId;
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
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The cluster: its API, and what this executor sees of it. */
final class Cluster implements Closeable {
    /** Requests a second; a cluster's own controllers keep to 20. */
    private static final int RATE = 18;

    private static final int BURST = 36;
    private static final String JOBS = "apis/batch/v1/namespaces/%s/jobs";
    private static final String PODS = "api/v1/namespaces/%s/pods";
    private static final Duration FIRST_LIST = Duration.ofSeconds(20);

    private final Site site;
    private final Supplier<KubernetesClient> connection;
    private final InstantSource clock;
    private final Mirror mirror;
    private final LongSupplier nanos;
    private volatile @Nullable Api api;
    private volatile @Nullable Complaints complaints;
    private volatile List<Reflector<?>> reflectors = List.of();
    private volatile boolean closed;
    private List<String> remarks = List.of();
    private volatile String described = "";

    /**
     * @param connection may fail, and says why
     * @param nanos a clock that nobody sets, by which the age of what is seen is told
     */
    Cluster(Site site, Supplier<KubernetesClient> connection, InstantSource clock, LongSupplier nanos) {
        this.site = site;
        this.connection = connection;
        this.clock = clock;
        this.nanos = nanos;
        this.mirror = new Mirror(site.executor());
    }

    /** Until this has returned once, nothing else is to be called. */
    synchronized List<String> prepare() throws PreflightFailure {
        if (!reflectors.isEmpty()) {
            return remarks;
        }
        Api known = api;
        Api server = known == null ? connect() : known;
        api = server;
        Preflight preflight = new Preflight(site, server, clock);
        remarks = preflight.check();
        described = preflight.engine();
        complaints = new Complaints(server);
        open(server);
        if (closed) {
            close(); // it was closed before it could be told
        }
        return remarks;
    }

    private Api connect() throws PreflightFailure {
        try {
            return new Api(connection.get(), site.settings().namespace(), new Throttle(RATE, BURST));
        } catch (UnfitConfiguration e) {
            throw new PreflightFailure(e.words());
        } catch (RuntimeException e) {
            // Its own words may quote the client's configuration, which holds secrets.
            throw new PreflightFailure(
                    "the cluster's client cannot be made of its configuration: see whether the certificates, keys and commands that the kubeconfig names are there and whole");
        }
    }

    private void open(Api server) throws PreflightFailure {
        Map<String, String> ours = Map.of(Marks.EXECUTOR_LABEL, Names.hash(site.executor()));
        List<Reflector<?>> opened = List.of(
                new Reflector<>(JOBS, Job.class, ours, server, server::jobs, mirror.ofJobs(), nanos),
                new Reflector<>(PODS, Pod.class, ours, server, server::pods, mirror.ofPods(), nanos));
        opened.forEach(Reflector::open);
        try {
            for (Reflector<?> reflector : opened) {
                if (!reflector.awaitFirst(FIRST_LIST)) {
                    opened.forEach(Reflector::close);
                    throw new PreflightFailure("Jobs and Pods of namespace %s cannot be listed at %s within %d s: %s"
                            .formatted(
                                    server.namespace(), server.server(), FIRST_LIST.toSeconds(), reflector.trouble()));
                }
            }
        } catch (InterruptedIOException e) {
            opened.forEach(Reflector::close);
            throw new PreflightFailure("interrupted");
        }
        reflectors = opened;
    }

    Api api() {
        return Objects.requireNonNull(api, "the cluster is not prepared");
    }

    Complaints complaints() {
        return Objects.requireNonNull(complaints, "the cluster is not prepared");
    }

    /** Whether the mirror has shown the whole namespace once: before, what it does not show may be there. */
    boolean isSeen() {
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

    /** At once, for what must not be overlooked. */
    void seeJobsOf(RunId run) throws IOException {
        api().jobs(Map.of(
                        Marks.EXECUTOR_LABEL,
                        Names.hash(site.executor()),
                        JobManifests.EXECUTION_HASH_LABEL,
                        Names.hash(run.key().execution())))
                .items()
                .forEach(mirror::made);
    }

    Instant now() {
        return clock.instant();
    }

    /** How old the older of the last lists is; zero before the first. */
    Duration age() {
        return reflectors.stream().map(Reflector::age).reduce(Duration.ZERO, (a, b) -> a.compareTo(b) > 0 ? a : b);
    }

    @Override
    public void close() {
        closed = true;
        reflectors.forEach(Reflector::close);
        Api known = api;
        if (known != null) {
            known.close();
        }
    }
}
