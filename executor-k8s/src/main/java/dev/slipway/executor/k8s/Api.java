package dev.slipway.executor.k8s;

import dev.slipway.executor.core.Deadline;
import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListMeta;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.vertx.core.http.HttpClosedException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * The calls of the API server that this executor makes, in one namespace, at a bounded rate. What may pass (429, 5xx, a broken
 * connection) is tried again by the client a few times; every call ends.
 */
final class Api implements Closeable {
    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;
    private static final long PAGE = 500;
    private static final int MAX_PAGES = 100;
    private static final int LONGEST_REFUSAL = 4096;
    private static final Duration OPENING = Duration.ofSeconds(15);
    private static final int CLOSED_TRIES = 4;
    private static final Duration CLOSED_PAUSE = Duration.ofMillis(200);

    private final KubernetesClient client;
    private final String namespace;
    private final Throttle throttle;

    Api(KubernetesClient client, String namespace, Throttle throttle) {
        this.client = client;
        this.namespace = namespace;
        this.throttle = throttle;
    }

    String namespace() {
        return namespace;
    }

    String server() {
        return client.getMasterUrl().toString();
    }

    String version() throws IOException {
        return call("ask for the version", () -> client.getKubernetesVersion().getGitVersion());
    }

    /** @param resource may name a part of it, for example {@code pods/log} */
    boolean mayDo(String verb, String group, String resource) throws IOException {
        String[] parts = resource.split("/", 2);
        return call(
                "ask for permissions",
                () -> client.authorization()
                        .v1()
                        .selfSubjectAccessReview()
                        .create(new SelfSubjectAccessReviewBuilder()
                                .withNewSpec()
                                .withNewResourceAttributes()
                                .withNamespace(namespace)
                                .withVerb(verb)
                                .withGroup(group)
                                .withResource(parts[0])
                                .withSubresource(parts.length > 1 ? parts[1] : null)
                                .endResourceAttributes()
                                .endSpec()
                                .build())
                        .getStatus()
                        .getAllowed());
    }

    Job create(Job job) throws IOException {
        return call(
                "create Job " + job.getMetadata().getName(),
                () -> client.batch()
                        .v1()
                        .jobs()
                        .inNamespace(namespace)
                        .resource(job)
                        .create());
    }

    void create(Secret secret) throws IOException {
        call(
                "create Secret " + secret.getMetadata().getName(),
                () -> client.secrets().inNamespace(namespace).resource(secret).create());
    }

    Optional<Job> job(String name) throws IOException {
        return Optional.ofNullable(call("get Job " + name, () -> jobs(name).get()));
    }

    /**
     * Does nothing if it is not there any more, also if another one has its name by now. Its Pods go with it: with {@code
     * FOREGROUND}, before it.
     */
    void delete(Job job, DeletionPropagation propagation) throws IOException {
        String name = job.getMetadata().getName();
        DeleteOptions options = new DeleteOptionsBuilder()
                .withApiVersion("v1")
                .withKind("DeleteOptions")
                .withPropagationPolicy(propagation.toString())
                .withNewPreconditions()
                .withUid(job.getMetadata().getUid())
                .endPreconditions()
                .build();
        try {
            call(
                    "delete Job " + name,
                    () -> client.raw(
                            "/apis/batch/v1/namespaces/%s/jobs/%s".formatted(namespace, encoded(name)),
                            "DELETE",
                            options));
        } catch (ApiFailure e) {
            if (e.code() != NOT_FOUND && e.code() != CONFLICT) {
                throw e;
            }
        }
    }

    private Resource<Job> jobs(String name) {
        return client.batch().v1().jobs().inNamespace(namespace).withName(name);
    }

    Listed<Job> jobs(Map<String, String> labels) throws IOException {
        return list(
                "list Jobs", client.batch().v1().jobs().inNamespace(namespace).withLabels(labels));
    }

    Listed<Pod> pods(Map<String, String> labels) throws IOException {
        return list("list Pods", client.pods().inNamespace(namespace).withLabels(labels));
    }

    /** What the cluster complains of. */
    List<Event> warnings() throws IOException {
        return list("list Events", client.v1().events().inNamespace(namespace).withField("type", "Warning"))
                .items();
    }

    /** @param version of the list they belong to */
    record Listed<T>(List<T> items, String version) {}

    private <T extends HasMetadata, L extends KubernetesResourceList<T>, R extends Resource<T>> Listed<T> list(
            String what, FilterWatchListDeletable<T, L, R> operation) throws IOException {
        List<T> items = new ArrayList<>();
        String version = "";
        String next = null;
        for (int i = 0; i < MAX_PAGES; i++) {
            String from = next;
            L page = call(
                    what,
                    () -> operation.list(new ListOptionsBuilder()
                            .withLimit(PAGE)
                            .withContinue(from)
                            .build()));
            items.addAll(page.getItems());
            ListMeta meta = page.getMetadata();
            version = meta.getResourceVersion();
            next = meta.getContinue();
            if (next == null || next.isEmpty()) {
                return new Listed<>(List.copyOf(items), version);
            }
        }
        throw new IOException("cannot %s: there are more than %d".formatted(what, PAGE * MAX_PAGES));
    }

    /** One JSON object a line, until the server ends it after {@code seconds}. */
    InputStream watch(String groupAndResource, Map<String, String> labels, String version, long seconds)
            throws IOException {
        return open(
                "watch " + groupAndResource,
                "/%s?watch=true&resourceVersion=%s&timeoutSeconds=%d&labelSelector=%s"
                        .formatted(
                                groupAndResource.formatted(namespace),
                                encoded(version),
                                seconds,
                                encoded(labels.entrySet().stream()
                                        .map(label -> label.getKey() + "=" + label.getValue())
                                        .collect(Collectors.joining(",")))));
    }

    /**
     * A container's output, each line after the time it was written at, and what is still to come.
     *
     * @param since leaves out what was written before; empty for the beginning
     */
    InputStream log(String pod, String container, String since) throws IOException {
        return open(
                "read the log of " + pod,
                "/api/v1/namespaces/%s/pods/%s/log?container=%s&timestamps=true&follow=true%s"
                        .formatted(
                                namespace,
                                encoded(pod),
                                encoded(container),
                                since.isEmpty() ? "" : "&sinceTime=" + encoded(since)));
    }

    private InputStream open(String what, String path) throws IOException {
        throttle.pass();
        String master = server();
        HttpRequest request = client.getHttpClient()
                .newHttpRequestBuilder()
                .uri(master.substring(0, master.length() - (master.endsWith("/") ? 1 : 0)) + path)
                .forStreaming()
                .build();
        CompletableFuture<HttpResponse<InputStream>> opening;
        try {
            opening = client.getHttpClient().sendAsync(request, InputStream.class);
        } catch (IllegalStateException e) {
            throw new ApiFailure("cannot %s: %s".formatted(what, reason(e)), 0, e); // it is closed
        }
        HttpResponse<InputStream> response;
        try {
            response = opening.get(OPENING.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            opening.cancel(true);
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting to " + what, e);
        } catch (ExecutionException | TimeoutException e) {
            opening.cancel(true);
            throw new ApiFailure("cannot %s: %s".formatted(what, reason(e)), 0, e);
        }
        if (!response.isSuccessful()) {
            try (InputStream body = response.body()) {
                String words = new String(body.readNBytes(LONGEST_REFUSAL), StandardCharsets.UTF_8);
                throw new ApiFailure(
                        "cannot %s: %d, %s".formatted(what, response.code(), message(words)),
                        response.code(),
                        new IOException(response.message()));
            }
        }
        return response.body();
    }

    /** An API server's own words; whatever stands before it has others. */
    private String message(String body) {
        try {
            String message = unmarshal(body, Status.class).getMessage();
            return message == null ? body.strip() : message;
        } catch (RuntimeException e) {
            return body.strip();
        }
    }

    <T> T unmarshal(String json, Class<T> type) {
        return client.getKubernetesSerialization().unmarshal(json, type);
    }

    <T> T convert(Object value, Class<T> type) {
        return client.getKubernetesSerialization().convertValue(value, type);
    }

    long size(Object object) {
        return client.getKubernetesSerialization().asJson(object).getBytes(StandardCharsets.UTF_8).length;
    }

    @Override
    public void close() {
        client.close();
    }

    @FunctionalInterface
    private interface Call<T> {
        T make();
    }

    private <T> T call(String what, Call<T> call) throws IOException {
        for (int tries = 1; true; tries++) {
            throttle.pass();
            try {
                return call.make();
            } catch (KubernetesClientException e) {
                if (!(cause(e) instanceof HttpClosedException) || tries == CLOSED_TRIES) {
                    throw failure(what, e);
                }
                // The one broken connection that the client takes for no failure that may pass: a pooled one, closed by
                // the other side. No call here does harm if it is made twice.
                Deadline.in(CLOSED_PAUSE).pause(CLOSED_PAUSE);
            }
        }
    }

    private static ApiFailure failure(String what, KubernetesClientException e) {
        String words = e.getStatus() != null && e.getStatus().getMessage() != null
                ? e.getStatus().getMessage()
                : reason(e);
        return new ApiFailure("cannot %s: %s".formatted(what, words), e.getCode(), e);
    }

    private static String reason(Throwable failure) {
        Throwable cause = cause(failure);
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    /** The innermost: the outer ones only say that a call failed. */
    private static Throwable cause(Throwable failure) {
        Throwable inner = failure;
        while (inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
