package dev.slipway.executor.docker;

import static dev.slipway.executor.docker.EngineConnection.JSON;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.dockerjava.transport.DockerHttpClient;
import dev.slipway.executor.core.Progress;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Container;
import dev.slipway.protocol.FailureReason;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/**
 * The files of sidecars' images, each in a volume that is filled once. A volume is filled under a name of its own, by whoever
 * needs it first; only when it is full is it published, by another volume without content whose labels name it. Of two that
 * were filled at the same time the engine lets one be published. What a process leaves half-filled is never published.
 *
 * <p>Files that tasks may change are other ones than those that they may not, of the same image.
 */
final class Sidecars {
    /** What {@link Names#KIND} says of the volumes with the files, and of what publishes and dates them. */
    static final String FILES = "sidecar-files";

    static final String PUBLISHED = "sidecar";
    static final String USED = "sidecar-use";

    /** Of containers that are never started: they lead the engine to an image's files and a volume's place. */
    static final String FILLER = "sidecar-filler";

    private static final Logger LOG = Logger.getLogger(Sidecars.class);
    private static final String VOLUME = "dev.slipway.volume";
    private static final String SIDECAR = "dev.slipway.sidecar";
    private static final String DAY = "dev.slipway.day";
    private static final String PLACE = "/.slipway-sidecar";
    private static final Duration FILL = Duration.ofMinutes(15);
    private static final int DIGEST_SHOWN = 12;
    private static final int SUFFIX = 8;
    private static final int MAX_NAME = 120;

    private final Engine engine;
    private final Images images;
    private final Owner owner;
    private final InstantSource clock;
    private final Map<String, ReentrantLock> filling = new ConcurrentHashMap<>();
    private final Set<String> dated = ConcurrentHashMap.newKeySet();

    /** The volumes and containers that this process is filling with and filling. */
    private final Set<String> underWay = ConcurrentHashMap.newKeySet();

    Sidecars(Engine engine, Images images, Owner owner, InstantSource clock) {
        this.engine = engine;
        this.images = images;
        this.owner = owner;
        this.clock = clock;
    }

    /** @param volume with the files */
    record Mounted(String image, String volume, String path, boolean readWrite) {
        /** As {@code docker run -v} takes it. */
        String bind() {
            return "%s:%s:%s".formatted(volume, path, readWrite ? "rw" : "ro");
        }
    }

    /** The agent first, then the others in the order in which they were asked for. */
    List<Mounted> provide(Container container, Progress progress) throws StartFailure, IOException {
        List<Container.Sidecar> wanted = new ArrayList<>();
        container
                .agentImage()
                .ifPresent(image -> wanted.add(new Container.Sidecar(image, Container.AGENT_PATH, false)));
        wanted.addAll(container.sidecars());
        check(wanted);
        List<Mounted> mounted = new ArrayList<>();
        for (Container.Sidecar sidecar : wanted) {
            mounted.add(new Mounted(
                    sidecar.image(),
                    volume(sidecar, image(sidecar, progress), progress),
                    sidecar.mountPath(),
                    sidecar.readWrite()));
        }
        return mounted;
    }

    /** Whether a volume that a container has is one of those that were filled here. */
    boolean isFilled(Mounted sidecar) throws IOException {
        return isFilled(sidecar.volume());
    }

    private boolean isFilled(String volume) throws IOException {
        return engine.volume(volume)
                .filter(labels -> FILES.equals(labels.get(Names.KIND)))
                .isPresent();
    }

    private static void check(List<Container.Sidecar> wanted) throws StartFailure {
        Set<String> paths = new HashSet<>();
        for (Container.Sidecar sidecar : wanted) {
            String path = sidecar.mountPath();
            if (sidecar.image().isBlank() || !path.startsWith("/") || path.contains(":") || path.equals("/")) {
                throw new StartFailure(
                        Cause.SIDECAR_UNFIT,
                        "a sidecar has the image '%s' and the path '%s'".formatted(sidecar.image(), path));
            }
            if (!paths.add(path.replaceAll("/+$", ""))) {
                throw new StartFailure(Cause.SIDECAR_UNFIT, "two sidecars have the path %s".formatted(path));
            }
        }
    }

    private JsonNode image(Container.Sidecar sidecar, Progress progress) throws StartFailure, IOException {
        try {
            return images.ofSidecar(sidecar.image(), progress);
        } catch (StartFailure e) {
            throw switch (e.kind()) {
                case IMAGE_MISSING, IMAGE_DENIED -> new StartFailure(Cause.SIDECAR_IMAGE, e.detail());
                default -> e.as(FailureReason.SIDECAR_PREP);
            };
        }
    }

    private String volume(Container.Sidecar sidecar, JsonNode image, Progress progress)
            throws StartFailure, IOException {
        String id = image.path("Id").asText();
        String name = "slipway-sidecar-" + Names.digest(id + (sidecar.readWrite() ? " rw" : " ro"));
        ReentrantLock lock = filling.computeIfAbsent(name, _ -> new ReentrantLock());
        try {
            lock.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for a sidecar");
        }
        try {
            date(name);
            Optional<String> published = published(name);
            if (published.isPresent()) {
                return published.get();
            }
            progress.step("unpacking the sidecar " + sidecar.image());
            return fill(name, sidecar, image);
        } finally {
            lock.unlock();
        }
    }

    private Optional<String> published(String name) throws IOException {
        Optional<String> volume = engine.volume(name).map(labels -> labels.getOrDefault(VOLUME, ""));
        if (volume.isEmpty() || isFilled(volume.get())) {
            return volume;
        }
        engine.removeVolume(name); // somebody has removed the files
        if (!volume.get().isEmpty()) {
            engine.removeVolume(
                    volume.get()); // for a container that wanted them the engine has made an empty one of that name
        }
        return Optional.empty();
    }

    private String fill(String name, Container.Sidecar sidecar, JsonNode image) throws StartFailure, IOException {
        String volume = volumeName(sidecar.image(), image);
        List<String> fillers = new ArrayList<>();
        underWay.add(volume);
        try {
            return fill(name, volume, fillers, sidecar, image.path("Id").asText());
        } finally {
            underWay.remove(volume);
            underWay.removeAll(Set.copyOf(fillers));
        }
    }

    private String fill(String name, String volume, List<String> fillers, Container.Sidecar sidecar, String id)
            throws StartFailure, IOException {
        engine.createVolume(volume, labels(FILES, name));
        try {
            String source = filler(id, Optional.empty(), fillers);
            String target = filler(id, Optional.of(volume), fillers);
            try (DockerHttpClient.Response files = engine.export(source)) {
                engine.unpack(target, PLACE, files.getBody(), FILL);
            }
            removeAll(fillers);
            Map<String, String> labels = labels(PUBLISHED, name);
            labels.put(VOLUME, volume);
            String current = engine.createVolume(name, labels).getOrDefault(VOLUME, "");
            if (!current.equals(volume)) {
                engine.removeVolume(volume); // another executor was faster
            }
            return current;
        } catch (EngineRefusal e) {
            removeAll(fillers);
            engine.removeVolume(volume);
            throw new StartFailure(
                    Cause.SIDECAR_FAILED,
                    "the files of the sidecar %s cannot be unpacked: %s".formatted(sidecar.image(), e.words()));
        } catch (IOException | RuntimeException e) {
            leave(fillers, volume);
            throw e;
        }
    }

    /** What cannot be removed now, or is made by the engine only later, is swept up. */
    private void leave(List<String> fillers, String volume) {
        boolean interrupted =
                Thread.interrupted(); // of a task that was stopped: what it began is cleared away all the same
        try {
            removeAll(fillers);
            engine.removeVolume(volume);
        } catch (IOException e) {
            LOG.debugf("a sidecar that was begun stays for now: %s", e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** @param fillers which it belongs to, however its making ends */
    private String filler(String image, Optional<String> volume, List<String> fillers)
            throws IOException, EngineRefusal {
        ObjectNode body = JSON.createObjectNode();
        body.put("Image", image);
        body.putArray("Cmd").add("never-started");
        body.put("NetworkDisabled", true);
        body.set("Labels", JSON.valueToTree(labels(FILLER, "")));
        ObjectNode host = body.putObject("HostConfig");
        host.put("NetworkMode", "none");
        volume.ifPresent(name -> host.putArray("Binds").add(name + ":" + PLACE + ":nocopy"));
        String name = "slipway-filler-" + UUID.randomUUID();
        underWay.add(name);
        fillers.add(name);
        engine.create(name, body);
        return name;
    }

    /** As the worker daemon calls it, and something of its own: that daemon must not take it for one of its own. */
    static String volumeName(String image, JsonNode shown) {
        String id = shown.path("RepoDigests").path(0).asText(shown.path("Id").asText());
        String digest = id.substring(id.indexOf("sha256:") + "sha256:".length());
        String familiar = ImageName.parse(image)
                .map(name -> name.withoutVersion().familiar())
                .orElse("sidecar");
        String plain = familiar.replaceAll("[^a-zA-Z0-9_.-]", "-").replaceFirst("^[^a-zA-Z0-9]+", "");
        return "%s-%s-%s"
                .formatted(
                        plain.substring(0, Math.min(plain.length(), MAX_NAME)),
                        digest.substring(0, Math.min(digest.length(), DIGEST_SHOWN)),
                        UUID.randomUUID().toString().substring(0, SUFFIX));
    }

    /** That it is used today; nobody else keeps when a volume was last used. */
    private void date(String name) throws IOException {
        String use = name + ".used-" + today();
        if (!dated.contains(use)) {
            engine.createVolume(use, labels(USED, name));
            dated.add(use);
        }
    }

    private long today() {
        return clock.instant().getEpochSecond() / Duration.ofDays(1).toSeconds();
    }

    /** Removes what this executor has begun and left, in this process or an earlier one. */
    void sweep() throws IOException {
        remove(thing -> isOwn(thing) && (!owner.hasMade(thing.labels()) || !underWay.contains(thing.name())));
    }

    /** Removes what executors have begun and left that do not come back: no filling takes a whole day. */
    void sweepUpAfterOthers() throws IOException {
        remove(thing -> !isOwn(thing) && day(thing) > 0 && day(thing) < today() - 1);
    }

    private void remove(Predicate<Engine.Labelled> isLeft) throws IOException {
        removeAll(engine.containers(Names.KIND, FILLER).stream()
                .filter(isLeft)
                .map(Engine.Labelled::name)
                .toList());
        List<Engine.Labelled> left =
                engine.volumes(Names.KIND, FILES).stream().filter(isLeft).toList();
        // Asked for last: what was under way before and is no more, is published by now.
        Set<String> published = new HashSet<>();
        for (Engine.Labelled volume : engine.volumes(Names.KIND, PUBLISHED)) {
            published.add(volume.labels().getOrDefault(VOLUME, ""));
        }
        for (Engine.Labelled volume : left) {
            if (!published.contains(volume.name())) {
                engine.removeVolume(volume.name());
            }
        }
    }

    /** Removes files that nobody has used for so long, whichever executor has put them there. */
    void collect(Duration keep) throws IOException {
        for (Engine.Labelled files : engine.volumesInUse(Names.KIND, FILES)) {
            date(files.labels().getOrDefault(SIDECAR, "")); // by tasks that may have begun long ago
        }
        long days = days(keep);
        long oldest = today() - days;
        Map<String, Long> lastUses = new TreeMap<>();
        List<Engine.Labelled> uses = engine.volumes(Names.KIND, USED);
        for (Engine.Labelled use : uses) {
            lastUses.merge(use.labels().getOrDefault(SIDECAR, ""), day(use), Math::max);
        }
        for (Engine.Labelled sidecar : engine.volumes(Names.KIND, PUBLISHED)) {
            if (lastUses.getOrDefault(sidecar.name(), 0L) < oldest
                    && engine.removeVolume(sidecar.labels().getOrDefault(VOLUME, ""))) {
                engine.removeVolume(sidecar.name());
                LOG.infof(
                        "the files of the sidecar %s are removed: nobody has used them for %d days",
                        sidecar.name(), days);
            }
        }
        for (Engine.Labelled use : uses) {
            boolean isLast = lastUses.getOrDefault(use.labels().getOrDefault(SIDECAR, ""), 0L) == day(use);
            if (!isLast || day(use) < oldest) {
                engine.removeVolume(use.name());
            }
        }
    }

    /** Uses are dated by the day: a part of one counts as a whole. */
    static long days(Duration keep) {
        return keep.plusDays(1).minusNanos(1).toDays();
    }

    private static long day(Engine.Labelled use) {
        try {
            return Long.parseLong(use.labels().getOrDefault(DAY, "0"));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private boolean isOwn(Engine.Labelled thing) {
        return owner.executor().equals(thing.labels().get(Names.EXECUTOR));
    }

    private Map<String, String> labels(String kind, String sidecar) {
        Map<String, String> labels = owner.labels(kind);
        labels.put(SIDECAR, sidecar);
        labels.put(DAY, Long.toString(today()));
        return labels;
    }

    /** One that another process is removing goes all the same. */
    private void removeAll(List<String> containers) throws IOException {
        for (String container : containers) {
            engine.removeUnlessBusy(container);
        }
    }
}
