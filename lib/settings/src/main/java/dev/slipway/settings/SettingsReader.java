package dev.slipway.settings;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** Reads the YAML file: its schema, and every error at once. */
final class SettingsReader {
    private static final int MAX_DEPTH = 64;
    private static final int MAX_ATTEMPTS = 100;
    private static final Duration SHORTEST_LOSS = Duration.ofMinutes(1);
    private static final int MAX_CODE_POINTS = 16 << 20;
    private static final int MIN_LOG_MEGABYTES = 5;
    private static final Pattern CAPABILITY = Pattern.compile("(CAP_)?[A-Z_]+");
    private static final Pattern QUANTITY =
            Pattern.compile("\\+?(\\d+(\\.\\d*)?|\\.\\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\\d+)?");

    private final List<SettingsError> errors = new ArrayList<>();

    private SettingsReader() {}

    static Settings read(String source, String yaml) {
        var reader = new SettingsReader();
        var settings = reader.compose(yaml)
                .flatMap(node -> YamlMapping.of(node, "", reader.errors))
                .map(reader::settings);
        if (settings.isEmpty() || !reader.errors.isEmpty()) {
            reader.errors.sort(Comparator.comparingInt(SettingsError::line));
            throw new InvalidSettings(source, reader.errors);
        }
        return settings.get();
    }

    private Optional<Node> compose(String yaml) {
        var settings = LoadSettings.builder()
                .setCodePointLimit(MAX_CODE_POINTS)
                .setSchema(new CoreSchema())
                .build();
        try {
            refuseDeepNesting(settings, yaml);
            var document = new Compose(settings).composeString(yaml).filter(node -> !YamlMapping.isNull(node));
            if (document.isEmpty()) {
                errors.add(new SettingsError("", 0, "the file is empty: remove it or configure something"));
            }
            return document;
        } catch (MarkedYamlEngineException e) {
            // Not e.getMessage(): that quotes the file, and the line may hold a secret.
            int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(0);
            errors.add(new SettingsError("", line, "not valid YAML: " + e.getProblem()));
        } catch (YamlEngineException e) {
            errors.add(new SettingsError("", 0, "not valid YAML"));
        }
        return Optional.empty();
    }

    /** Composing recurses: a few kilobytes of brackets would overflow the stack. */
    private static void refuseDeepNesting(LoadSettings settings, String yaml) {
        int depth = 0;
        for (var event : new Parse(settings).parseString(yaml)) {
            if (event instanceof CollectionStartEvent && ++depth > MAX_DEPTH) {
                throw new MarkedYamlEngineException("", Optional.empty(), "nested too deeply", event.getStartMark()) {};
            } else if (event instanceof CollectionEndEvent) {
                depth--;
            }
        }
    }

    private Settings settings(YamlMapping top) {
        var slipway = top.mapping("slipway");
        var kubernetes = slipway.flatMap(block -> block.mapping("kubernetes"));
        var environment = kubernetes.map(SettingsReader::environment).orElseGet(List::of);
        var envAsSecret =
                kubernetes.map(block -> block.bool("env_as_secret", false)).orElse(false);
        kubernetes.ifPresent(YamlMapping::finish);
        var settings = new Settings(
                nonEmpty(top.text("worker_id")),
                top.bool("cleanup", true),
                Math.max(0, top.integer("max_concurrent_tasks").orElse(0)),
                nonEmpty(top.text("idle_on_complete")),
                top.mapping("backend").flatMap(this::backend),
                slipway.map(this::slipway).orElseGet(SlipwaySettings::defaults));
        top.finish();
        return settings.backend().orElse(null) instanceof Kubernetes backend
                ? settings.withBackend(Optional.of(backend.withOwn(environment, envAsSecret)))
                : settings;
    }

    private Optional<BackendSettings> backend(YamlMapping block) {
        long configured = 0;
        for (var kind : Backend.values()) {
            configured += block.has(kind.wireName()) ? 1 : 0;
        }
        if (configured > 1) {
            block.error("", "at most one backend may be configured");
        }
        if (block.has("command")) {
            block.error("command", "the command backend does not exist in Slipway: use direct");
        }
        var docker = block.mapping("docker").<BackendSettings>map(SettingsReader::docker);
        var kubernetes = block.mapping("kubernetes").<BackendSettings>map(SettingsReader::kubernetes);
        var direct = block.mapping("direct").<BackendSettings>map(this::direct);
        block.finish();
        return docker.or(() -> kubernetes).or(() -> direct);
    }

    private static Docker docker(YamlMapping block) {
        var docker = new Docker(block.list("volumes"), environment(block));
        block.finish();
        return docker;
    }

    private static Kubernetes kubernetes(YamlMapping block) {
        var usual = Kubernetes.defaults();
        var kubernetes = new Kubernetes(
                nonEmpty(block.text("namespace")).orElse(usual.namespace()),
                block.path("kubeconfig"),
                image(block, "default_image"),
                pullPolicy(block).orElse(usual.imagePullPolicy()),
                block.bool("use_image_volumes", usual.useImageVolumes()),
                image(block, "preflight_image").orElse(usual.preflightImage()),
                image(block, "sidecar_image"),
                nonEmpty(block.text("setup_command")),
                nonEmpty(block.text("teardown_command")),
                block.texts("extra_labels"),
                block.texts("extra_annotations"),
                block.wholeNumber("active_deadline_seconds"),
                block.wholeNumber("ttl_seconds_after_finished").orElse(usual.ttlSecondsAfterFinished()),
                quantity(block, "workspace_size_limit"),
                span(block, "unschedulable_timeout").orElse(usual.unschedulableTimeout()),
                images(block, "coding_cli_sidecars"),
                block.raw("pod_template"),
                block.raw("preflight_resources"),
                List.of(),
                false);
        block.finish();
        return kubernetes;
    }

    private static Optional<String> image(YamlMapping block, String key) {
        var image = nonEmpty(block.text(key));
        image.flatMap(SettingsReader::faultOfImage).ifPresent(words -> block.error(key, words));
        return image;
    }

    private static Map<String, String> images(YamlMapping block, String key) {
        return block.texts(key, SettingsReader::faultOfImage);
    }

    private static Optional<String> faultOfImage(String image) {
        if (image.isEmpty()) {
            return Optional.of("names no image");
        }
        return image.indexOf(' ') >= 0 || image.indexOf('\t') >= 0
                ? Optional.of("an image's name holds no space or tab")
                : Optional.empty();
    }

    private static Optional<Kubernetes.PullPolicy> pullPolicy(YamlMapping block) {
        var text = nonEmpty(block.text("image_pull_policy"));
        var policy = text.flatMap(name -> Arrays.stream(Kubernetes.PullPolicy.values())
                .filter(value -> value.wireName().equals(name))
                .findFirst());
        if (text.isPresent() && policy.isEmpty()) {
            block.error("image_pull_policy", "must be Always, Never or IfNotPresent");
        }
        return policy;
    }

    private static Optional<String> quantity(YamlMapping block, String key) {
        var text = nonEmpty(block.text(key));
        if (text.filter(value -> !QUANTITY.matcher(value).matches()).isPresent()) {
            block.error(key, "must be a Kubernetes quantity, for example 10Gi");
        }
        return text;
    }

    private static Optional<Duration> span(YamlMapping block, String key) {
        var text = nonEmpty(block.text(key));
        var span = text.flatMap(GoDuration::parse);
        if (text.isPresent() && span.isEmpty()) {
            block.error(key, "must be a span of time, for example 30s or 1h30m");
        }
        return span;
    }

    private static List<EnvironmentEntry> environment(YamlMapping block) {
        return block.mappings("environment").stream()
                .map(SettingsReader::environmentEntry)
                .flatMap(Optional::stream)
                .toList();
    }

    private Direct direct(YamlMapping block) {
        var direct = new Direct(
                block.path("workspace_root").orElse(Direct.DEFAULT_WORKSPACE_ROOT),
                block.path("target_dir"),
                nonEmpty(block.text("oz_path")),
                nonEmpty(block.text("setup_command")),
                nonEmpty(block.text("teardown_command")),
                environment(block));
        block.finish();
        return direct;
    }

    private static Optional<EnvironmentEntry> environmentEntry(YamlMapping block) {
        var name = block.text("name").orElse("");
        var fault =
                name.isEmpty() ? Optional.of("every entry needs the variable's name") : EnvironmentEntry.fault(name);
        fault.ifPresent(message -> block.error("name", message));
        var value = block.text("value").map(Secret::new);
        block.finish();
        return fault.isPresent() ? Optional.empty() : Optional.of(new EnvironmentEntry(name, value));
    }

    private SlipwaySettings slipway(YamlMapping block) {
        var direct = block.mapping("direct");
        var settings = new SlipwaySettings(
                notNegative(block, "queue_limit").orElse(SlipwaySettings.DEFAULT_QUEUE_LIMIT),
                block.mapping("limits").map(SettingsReader::limits).orElseGet(Map::of),
                new SlipwaySettings.TimeLimits(
                        limit(block, "default_timeout", Optional.empty()),
                        limit(block, "queue_timeout", Optional.empty()),
                        limit(block, "stall_after", Optional.of(SlipwaySettings.TimeLimits.DEFAULT_SILENT)),
                        lostAfter(block)),
                block.mapping("retry").map(SettingsReader::retry).orElseGet(SlipwaySettings.Retry::defaults),
                stopsOnShutdown(block),
                direct.map(own -> own.bool("expose_api_key", false)).orElse(false),
                direct.map(own -> limit(own, "setup_timeout", Optional.of(SlipwaySettings.DEFAULT_SETUP_TIMEOUT)))
                        .orElse(Optional.of(SlipwaySettings.DEFAULT_SETUP_TIMEOUT)),
                block.mapping("docker").map(SettingsReader::dockerRules).orElseGet(DockerRules::defaults));
        direct.ifPresent(YamlMapping::finish);
        block.finish();
        return settings;
    }

    private static DockerRules dockerRules(YamlMapping block) {
        var usual = DockerRules.defaults();
        var policy = nonEmpty(block.text("pull_policy"));
        if (policy.isPresent()
                && policy.flatMap(DockerRules.PullPolicy::ofWireName).isEmpty()) {
            block.error("pull_policy", "must be always, missing or never");
        }
        var rules = new DockerRules(
                policy.flatMap(DockerRules.PullPolicy::ofWireName).orElse(usual.pullPolicy()),
                limit(block, "pull_stall_timeout", usual.pullStall()),
                limit(block, "keep_sidecars", usual.keepSidecars()),
                confinement(block),
                nonEmpty(block.text("network")),
                listIfGiven(block, "allowed_images"),
                listIfGiven(block, "allowed_mounts"));
        block.finish();
        return rules;
    }

    /** An empty list is one, too. */
    private static Optional<List<String>> listIfGiven(YamlMapping block, String key) {
        return block.has(key) ? Optional.of(block.list(key)) : Optional.empty();
    }

    private static DockerRules.Confinement confinement(YamlMapping block) {
        var usual = DockerRules.Confinement.defaults();
        var drops = block.has("drop_capabilities") ? block.list("drop_capabilities") : usual.dropCapabilities();
        if (!drops.stream().allMatch(name -> CAPABILITY.matcher(name).matches())) {
            block.error("drop_capabilities", "must be names such as NET_RAW, or ALL");
        }
        var logs = notNegative(block, "log_megabytes").orElse(usual.logMegabytes());
        if (logs < MIN_LOG_MEGABYTES) {
            block.error("log_megabytes", "must be %d or more".formatted(MIN_LOG_MEGABYTES));
        }
        return new DockerRules.Confinement(
                block.bool("init", usual.init()),
                block.bool("no_new_privileges", usual.noNewPrivileges()),
                drops,
                notNegative(block, "pids_limit").orElse(usual.pidsLimit()),
                logs);
    }

    /** A span of time after which something happens; 0 and less: it never does. */
    private static Optional<Duration> limit(YamlMapping block, String key, Optional<Duration> usual) {
        return span(block, key).or(() -> usual).filter(Duration::isPositive);
    }

    /** An executor that works may be silent for some seconds. */
    private static Optional<Duration> lostAfter(YamlMapping block) {
        var limit = limit(block, "lost_after", Optional.empty());
        if (limit.filter(span -> span.compareTo(SHORTEST_LOSS) < 0).isPresent()) {
            block.error("lost_after", "must be 1m or more, or 0 for never");
        }
        return limit;
    }

    private static SlipwaySettings.Retry retry(YamlMapping block) {
        var usual = SlipwaySettings.Retry.defaults();
        var attempts = block.integer("attempts");
        if (attempts.isPresent() && (attempts.getAsInt() < 1 || attempts.getAsInt() > MAX_ATTEMPTS)) {
            block.error("attempts", "must be 1 (nothing is tried again) to " + MAX_ATTEMPTS);
        }
        var delay = delay(block, "delay").orElse(usual.delay());
        var longest = delay(block, "max_delay");
        if (longest.filter(span -> span.compareTo(delay) < 0).isPresent()) {
            block.error("max_delay", "must not be shorter than delay");
        }
        block.finish();
        return new SlipwaySettings.Retry(
                attempts.orElse(usual.attempts()),
                delay,
                longest.orElse(delay.compareTo(usual.longestDelay()) > 0 ? delay : usual.longestDelay()));
    }

    private static Optional<Duration> delay(YamlMapping block, String key) {
        var span = span(block, key);
        if (span.filter(value -> !value.isPositive()).isPresent()) {
            block.error(key, "must be more than 0");
            return Optional.empty();
        }
        return span;
    }

    private static boolean stopsOnShutdown(YamlMapping block) {
        var text = nonEmpty(block.text("on_shutdown"));
        if (text.filter(word -> !word.equals("leave") && !word.equals("stop")).isPresent()) {
            block.error("on_shutdown", "must be leave (running tasks go on) or stop (they are ended)");
        }
        return text.filter("stop"::equals).isPresent();
    }

    private static Map<Backend, Integer> limits(YamlMapping block) {
        var limits = new EnumMap<Backend, Integer>(Backend.class);
        for (var backend : Backend.values()) {
            var limit = notNegative(block, backend.wireName());
            if (limit.isPresent() && limit.getAsInt() > 0) {
                limits.put(backend, limit.getAsInt());
            }
        }
        block.finish();
        return limits;
    }

    private static OptionalInt notNegative(YamlMapping block, String key) {
        var number = block.integer(key);
        if (number.isPresent() && number.getAsInt() < 0) {
            block.error(key, "must be 0 or more");
            return OptionalInt.empty();
        }
        return number;
    }

    private static Optional<String> nonEmpty(Optional<String> text) {
        return text.filter(value -> !value.isEmpty());
    }
}
