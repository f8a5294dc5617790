package dev.slipway.executor.k8s;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * An API server of one namespace over real HTTP, with the parts of a cluster that matter to a Job: its controller, the garbage
 * collector and a node. It keeps the rules that the executor relies on: names are unique, versions count up, a watch begins
 * where its list ended, a foreground deletion ends Pods first. The mock server of the client library keeps none of the last
 * three, and cannot follow a log.
 */
final class FakeCluster implements AutoCloseable {
    static final String NAMESPACE = "agents";
    private static final ObjectMapper JSON = new ObjectMapper();

    static {
        // The JDK's server closes connections that rest for 30 s, or of which there are many: an API server has more
        // patience.
        System.setProperty("sun.net.httpserver.idleInterval", "300");
        System.setProperty("sun.net.httpserver.maxIdleConnections", "2000");
    }

    private record Change(long version, String resource, String type, ObjectNode object) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Map<String, ObjectNode>> objects = new HashMap<>();
    private final List<Change> changes = new ArrayList<>();
    private final Map<String, Integer> requests = new TreeMap<>();
    private final Set<String> denied = new HashSet<>();
    private final FakeNode node;
    private long version = 1;
    private final Map<String, Integer> failing = new HashMap<>();
    private final Set<String> lastWords = new HashSet<>();
    private final Set<String> hangUps = new HashSet<>();
    private final Set<String> deaf = new HashSet<>();
    private long watchEra;
    private long streamEra;
    private long silentEra;
    private int expired;
    private boolean isAway;
    private boolean isMissing;
    private Optional<String> podRefusal = Optional.empty();

    FakeCluster() throws IOException {
        node = new FakeNode(this);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @Override
    public void close() {
        node.close();
        goAway(true);
        server.stop(0);
        threads.shutdownNow();
    }

    // What a test does to it

    /** Every request that was made, by verb and resource. */
    synchronized Map<String, Integer> requests() {
        return Map.copyOf(requests);
    }

    synchronized void deny(String verb, String resource) {
        denied.add(verb + " " + resource);
    }

    /** Answers nobody, and cuts every stream. */
    synchronized void goAway(boolean away) {
        isAway = away;
        watchEra++;
        streamEra++;
        notifyAll();
    }

    /** What streams now neither shows anything more nor ends, as behind a balancer that has forgotten it. */
    synchronized void goSilent() {
        silentEra = ++streamEra;
        notifyAll();
    }

    /** The next watches are told that their version is too old. */
    synchronized void expireWatches(int count) {
        expired = count;
    }

    /** Answers these calls with this status; 0: as usual. */
    synchronized void fail(String call, int code) {
        failing.put(call, code);
    }

    /** Closes the connection of the next of these calls without an answer, as it may one that has rested for long. */
    synchronized void hangUpOn(String call) {
        hangUps.add(call);
    }

    /** Does what the next of these calls asks, and goes away before it can say so. */
    synchronized void goAwayAfter(String call) {
        lastWords.add(call);
    }

    /** Leaves a field out of the Jobs that it is given, as a cluster does that does not know it. */
    synchronized void ignore(String field) {
        deaf.add(field);
    }

    synchronized void cutWatches() {
        watchEra++;
        notifyAll();
    }

    synchronized void loseNamespace() {
        isMissing = true;
    }

    /** The controller makes no Pod any more, and says why. */
    synchronized void refusePods(String why) {
        podRefusal = Optional.of(why);
    }

    synchronized List<ObjectNode> all(String resource) {
        return List.copyOf(of(resource).values());
    }

    synchronized Optional<ObjectNode> find(String resource, String name) {
        return Optional.ofNullable(of(resource).get(name)).map(ObjectNode::deepCopy);
    }

    /** As somebody with kubectl does. */
    void deleteJob(String name, String propagation) {
        delete(name, propagation);
    }

    FakeNode node() {
        return node;
    }

    // What the parts of the cluster do

    @FunctionalInterface
    interface Edit {
        void edit(ObjectNode object);
    }

    /** @return whether it is there */
    synchronized boolean update(String resource, String name, Edit edit) {
        ObjectNode object = of(resource).get(name);
        if (object == null) {
            return false;
        }
        ObjectNode copy = object.deepCopy();
        edit.edit(copy);
        put(resource, copy, "MODIFIED");
        return true;
    }

    synchronized ObjectNode add(String resource, ObjectNode object) {
        ObjectNode meta = object.withObject("/metadata");
        meta.put("uid", UUID.randomUUID().toString());
        meta.put("namespace", NAMESPACE);
        meta.put("creationTimestamp", time());
        put(resource, object, "ADDED");
        return object;
    }

    synchronized void remove(String resource, String name) {
        ObjectNode object = of(resource).remove(name);
        if (object != null) {
            ObjectNode last = object.deepCopy();
            last.withObject("/metadata").put("resourceVersion", Long.toString(++version));
            changes.add(new Change(version, resource, "DELETED", last));
            notifyAll();
        }
    }

    void warn(JsonNode about, String reason, String message) {
        ObjectNode event = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Event");
        event.withObject("/metadata").put("name", UUID.randomUUID().toString());
        event.put("type", "Warning").put("reason", reason).put("message", message);
        event.withObject("/involvedObject").put("uid", about.at("/metadata/uid").asText());
        add("events", event);
    }

    static String time() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private void put(String resource, ObjectNode object, String type) {
        object.withObject("/metadata").put("resourceVersion", Long.toString(++version));
        of(resource).put(object.at("/metadata/name").asText(), object);
        changes.add(new Change(version, resource, type, object));
        notifyAll();
    }

    private Map<String, ObjectNode> of(String resource) {
        return objects.computeIfAbsent(resource, _ -> new LinkedHashMap<>());
    }

    // Jobs

    private synchronized void created(ObjectNode job) {
        if (job.at("/spec/parallelism").asInt(1) == 0) {
            condition(job, "Complete", "CompletionsReached");
        } else if (podRefusal.isPresent()) {
            warn(job, "FailedCreate", podRefusal.get());
        } else {
            ObjectNode pod = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Pod");
            pod.setAll((ObjectNode) job.at("/spec/template").deepCopy());
            ObjectNode meta = pod.withObject("/metadata");
            String name = job.at("/metadata/name").asText();
            meta.put("name", name + "-" + UUID.randomUUID().toString().substring(0, 5));
            meta.withObject("/labels").put("job-name", name);
            meta.withArray("/ownerReferences")
                    .addObject()
                    .put("apiVersion", "batch/v1")
                    .put("kind", "Job")
                    .put("name", name)
                    .put("uid", job.at("/metadata/uid").asText());
            pod.withObject("/status").put("phase", "Pending");
            add("pods", pod);
            node.take(pod.deepCopy(), job.at("/metadata/name").asText());
        }
    }

    void condition(JsonNode job, String type, String reason) {
        update(
                "jobs",
                job.at("/metadata/name").asText(),
                object -> object.withObject("/status")
                        .withArray("/conditions")
                        .addObject()
                        .put("type", type)
                        .put("status", "True")
                        .put("reason", reason)
                        .put("lastTransitionTime", time()));
    }

    private synchronized boolean delete(String name, String propagation) {
        ObjectNode job = of("jobs").get(name);
        if (job == null) {
            return false;
        }
        List<String> pods = podsOf(job);
        if (propagation.equals("Foreground") && !pods.isEmpty()) {
            update("jobs", name, object -> object.withObject("/metadata").put("deletionTimestamp", time()));
            threads.execute(() -> {
                pods.forEach(node::end);
                remove("jobs", name);
            });
        } else {
            remove("jobs", name);
            pods.forEach(pod -> threads.execute(() -> node.end(pod)));
        }
        of("secrets")
                .values()
                .removeIf(secret -> secret.at("/metadata/ownerReferences/0/uid").equals(job.at("/metadata/uid")));
        return true;
    }

    private List<String> podsOf(JsonNode job) {
        return of("pods").values().stream()
                .filter(pod -> pod.at("/metadata/ownerReferences/0/uid").equals(job.at("/metadata/uid")))
                .map(pod -> pod.at("/metadata/name").asText())
                .toList();
    }

    // HTTP

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String[] path = exchange.getRequestURI().getPath().split("/", -1);
            Map<String, String> query = query(exchange.getRequestURI());
            byte[] body = exchange.getRequestBody().readAllBytes();
            String call = call(exchange.getRequestMethod(), path, query);
            synchronized (this) {
                requests.merge(call, 1, Integer::sum);
                if (isAway || hangUps.remove(call)) {
                    return; // the connection is cut without an answer
                }
                if (denied.contains(call)) {
                    status(exchange, 403, "Forbidden", forbidden(call));
                    return;
                }
                int code = failing.getOrDefault(call, 0);
                if (code != 0) {
                    status(exchange, code, "Trouble", "no " + call + " now");
                    return;
                }
            }
            switch (call) {
                case "get version" ->
                    answer(exchange, 200, JSON.createObjectNode().put("gitVersion", "v1.36.3"));
                case "create selfsubjectaccessreviews" -> review(exchange, (ObjectNode) JSON.readTree(body));
                case "create jobs", "create secrets" ->
                    create(exchange, call.split(" ", 2)[1], (ObjectNode) JSON.readTree(body));
                case "get jobs" -> get(exchange, "jobs", path[path.length - 1]);
                case "delete jobs" -> delete(exchange, path[path.length - 1], query, body);
                case "list jobs", "list pods", "list events" -> list(exchange, call.split(" ", 2)[1], query);
                case "watch jobs", "watch pods" -> watch(exchange, call.split(" ", 2)[1], query);
                case "get pods/log" -> log(exchange, path[path.length - 2], query);
                default -> status(exchange, 404, "NotFound", "no such call: " + call);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** In the words of a real one. */
    static String forbidden(String call) {
        String[] words = call.split(" ", 2);
        return "%s is forbidden: User \"agent\" cannot %s resource \"%s\" in the namespace \"%s\""
                .formatted(words[1], words[0], words[1], NAMESPACE);
    }

    private static String call(String method, String[] path, Map<String, String> query) {
        if (path.length == 2) {
            return "get " + path[1];
        }
        String last = path[path.length - 1];
        if (last.equals("log")) {
            return "get pods/log";
        }
        boolean isCollection = Set.of("jobs", "pods", "events", "secrets", "selfsubjectaccessreviews")
                .contains(last);
        return switch (method) {
            case "POST" -> "create " + last;
            case "DELETE" -> "delete " + path[path.length - 2];
            default ->
                isCollection
                        ? (query.containsKey("watch") ? "watch " : "list ") + last
                        : "get " + path[path.length - 2];
        };
    }

    private void review(HttpExchange exchange, ObjectNode review) throws IOException {
        JsonNode asked = review.at("/spec/resourceAttributes");
        String part = asked.path("subresource").asText("");
        String right = asked.path("verb").asText() + " "
                + asked.path("resource").asText() + (part.isEmpty() ? "" : "/" + part);
        review.withObject("/status").put("allowed", !denied.contains(right));
        answer(exchange, 201, review);
    }

    private void create(HttpExchange exchange, String resource, ObjectNode object) throws IOException {
        synchronized (this) {
            String name = object.at("/metadata/name").asText();
            if (isMissing) {
                status(exchange, 404, "NotFound", "namespaces \"" + NAMESPACE + "\" not found");
                return;
            }
            if (of(resource).containsKey(name)) {
                status(exchange, 409, "AlreadyExists", resource + " \"" + name + "\" already exists");
                return;
            }
            deaf.forEach(object.withObject("/spec")::remove);
            add(resource, object);
            ObjectNode answer = object.deepCopy();
            if (resource.equals("jobs")) {
                created(object);
            }
            if (!isLastWord("create " + resource)) {
                answer(exchange, 201, answer);
            }
        }
    }

    private void get(HttpExchange exchange, String resource, String name) throws IOException {
        Optional<ObjectNode> found = find(resource, name);
        if (found.isPresent()) {
            answer(exchange, 200, found.get());
        } else {
            status(exchange, 404, "NotFound", resource + " \"" + name + "\" not found");
        }
    }

    private void delete(HttpExchange exchange, String name, Map<String, String> query, byte[] body) throws IOException {
        JsonNode options = body.length == 0 ? JSON.createObjectNode() : JSON.readTree(body);
        String policy = options.path("propagationPolicy").asText(query.getOrDefault("propagationPolicy", "Background"));
        String meant = options.at("/preconditions/uid").asText("");
        Optional<ObjectNode> there = find("jobs", name);
        if (there.isPresent()
                && !meant.isEmpty()
                && !meant.equals(there.get().at("/metadata/uid").asText())) {
            status(exchange, 409, "Conflict", "the UID in the precondition does not match");
        } else if (delete(name, policy)) {
            if (!isLastWord("delete jobs")) {
                status(exchange, 200, "", "");
            }
        } else {
            status(exchange, 404, "NotFound", "jobs \"" + name + "\" not found");
        }
    }

    private synchronized boolean isLastWord(String call) {
        boolean isLast = lastWords.remove(call);
        if (isLast) {
            goAway(true);
        }
        return isLast;
    }

    private void list(HttpExchange exchange, String resource, Map<String, String> query) throws IOException {
        ObjectNode list = JSON.createObjectNode()
                .put("apiVersion", resource.equals("jobs") ? "batch/v1" : "v1")
                .put(
                        "kind",
                        switch (resource) {
                            case "jobs" -> "JobList";
                            case "pods" -> "PodList";
                            default -> "EventList";
                        });
        ArrayNode items = list.putArray("items");
        synchronized (this) {
            list.withObject("/metadata").put("resourceVersion", Long.toString(version));
            of(resource).values().stream()
                    .filter(object -> matches(object, query))
                    .forEach(object -> items.add(object.deepCopy()));
        }
        answer(exchange, 200, list);
    }

    private void watch(HttpExchange exchange, String resource, Map<String, String> query)
            throws IOException, InterruptedException {
        long from = Long.parseLong(query.getOrDefault("resourceVersion", "0"));
        long end = System.nanoTime() + Long.parseLong(query.getOrDefault("timeoutSeconds", "30")) * 1_000_000_000;
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            int at = 0;
            long era;
            long born;
            synchronized (this) {
                era = watchEra;
                born = streamEra;
                if (expired > 0) {
                    expired--;
                    out.write("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410}}\n"
                            .getBytes(StandardCharsets.UTF_8));
                    return;
                }
            }
            while (System.nanoTime() < end) {
                List<Change> news = new ArrayList<>();
                synchronized (this) {
                    while (era == watchEra && (born < silentEra || (at == changes.size() && System.nanoTime() < end))) {
                        wait(200);
                    }
                    if (era != watchEra) {
                        return;
                    }
                    while (at < changes.size()) {
                        news.add(changes.get(at++));
                    }
                }
                for (Change change : news) {
                    if (change.version() > from
                            && change.resource().equals(resource)
                            && matches(change.object(), query)) {
                        ObjectNode line = JSON.createObjectNode().put("type", change.type());
                        line.set("object", change.object());
                        out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
                    }
                }
                out.flush();
            }
        }
    }

    private void log(HttpExchange exchange, String pod, Map<String, String> query)
            throws IOException, InterruptedException {
        Optional<FakeNode.Log> log = node.log(pod, query.getOrDefault("container", ""));
        if (log.isEmpty()) {
            boolean isThere = find("pods", pod).isPresent();
            status(exchange, isThere ? 400 : 404, isThere ? "BadRequest" : "NotFound", "no log of " + pod);
            return;
        }
        Instant since =
                Optional.ofNullable(query.get("sinceTime")).map(Instant::parse).orElse(Instant.MIN);
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            int at = 0;
            long born;
            synchronized (this) {
                born = streamEra;
            }
            Optional<List<FakeNode.Line>> lines = log.get().after(at);
            while (lines.isPresent()) {
                synchronized (this) {
                    while (born < silentEra) {
                        wait(200);
                    }
                    if (born < streamEra) {
                        return; // cut
                    }
                }
                at += lines.get().size();
                for (FakeNode.Line line : lines.get()) {
                    if (!line.time().isBefore(since)) {
                        out.write((line.time() + " ").getBytes(StandardCharsets.UTF_8));
                        out.write(line.bytes().unwrap());
                    }
                }
                out.flush();
                lines = log.get().after(at);
            }
        }
    }

    private static boolean matches(JsonNode object, Map<String, String> query) {
        String selector = query.getOrDefault("labelSelector", "");
        for (String term : selector.isEmpty() ? new String[0] : selector.split(",", -1)) {
            String[] label = term.split("=", 2);
            if (!object.at("/metadata/labels").path(label[0]).asText().equals(label[1])) {
                return false;
            }
        }
        return true;
    }

    private static Map<String, String> query(URI uri) {
        Map<String, String> query = new HashMap<>();
        @Nullable String raw = uri.getRawQuery();
        for (String part : raw == null ? new String[0] : raw.split("&", -1)) {
            String[] pair = part.split("=", 2);
            query.put(pair[0], URLDecoder.decode(pair.length > 1 ? pair[1] : "", StandardCharsets.UTF_8));
        }
        return query;
    }

    private static void status(HttpExchange exchange, int code, String reason, String message) throws IOException {
        answer(
                exchange,
                code,
                JSON.createObjectNode()
                        .put("apiVersion", "v1")
                        .put("kind", "Status")
                        .put("status", code < 300 ? "Success" : "Failure")
                        .put("reason", reason)
                        .put("message", message)
                        .put("code", code));
    }

    private static void answer(HttpExchange exchange, int code, JsonNode body) throws IOException {
        byte[] bytes = JSON.writeValueAsBytes(body);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
