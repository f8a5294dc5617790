package dev.slipway.settings;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.RepresentToNode;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.representer.StandardRepresenter;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** Writes settings so that {@link SettingsReader} reads the same ones. */
final class SettingsWriter {
    private SettingsWriter() {}

    static String write(Settings settings) {
        var top = new LinkedHashMap<String, Object>();
        settings.workerId().ifPresent(id -> top.put("worker_id", id));
        top.put("cleanup", settings.cleanup());
        top.put("max_concurrent_tasks", settings.maxConcurrentTasks());
        settings.idleOnComplete().ifPresent(duration -> top.put("idle_on_complete", duration));
        settings.backend()
                .ifPresent(backend -> top.put("backend", Map.of(backend.kind().wireName(), backend(backend))));
        top.put("slipway", slipway(settings));
        var style = DumpSettings.builder()
                .setDefaultFlowStyle(FlowStyle.BLOCK)
                .setSchema(new CoreSchema())
                .build();
        return new Dump(style, new QuotingRepresenter(style)).dumpToString(top);
    }

    /** Quotes the texts that the reader would take for something else. */
    private static final class QuotingRepresenter extends StandardRepresenter {
        QuotingRepresenter(DumpSettings settings) {
            super(settings);
            RepresentToNode usual = new RepresentString();
            representers.put(
                    String.class,
                    text -> YamlScalar.needsQuotes((String) text)
                            ? representScalar(Tag.STR, (String) text, ScalarStyle.DOUBLE_QUOTED)
                            : usual.representData(text));
        }
    }

    private static Map<String, Object> backend(BackendSettings backend) {
        return switch (backend) {
            case Docker docker -> Map.of("volumes", docker.volumes(), "environment", entries(docker.environment()));
            case Direct direct -> direct(direct);
            case Kubernetes kubernetes -> kubernetes(kubernetes);
        };
    }

    private static Map<String, Object> kubernetes(Kubernetes settings) {
        var block = new LinkedHashMap<String, Object>();
        block.put("namespace", settings.namespace());
        settings.kubeconfig().ifPresent(file -> block.put("kubeconfig", file.toString()));
        settings.defaultImage().ifPresent(image -> block.put("default_image", image));
        block.put("image_pull_policy", settings.imagePullPolicy().wireName());
        block.put("use_image_volumes", settings.useImageVolumes());
        block.put("preflight_image", settings.preflightImage());
        settings.sidecarImage().ifPresent(image -> block.put("sidecar_image", image));
        settings.setupCommand().ifPresent(command -> block.put("setup_command", command));
        settings.teardownCommand().ifPresent(command -> block.put("teardown_command", command));
        block.put("extra_labels", settings.extraLabels());
        block.put("extra_annotations", settings.extraAnnotations());
        settings.activeDeadlineSeconds().ifPresent(seconds -> block.put("active_deadline_seconds", seconds));
        block.put("ttl_seconds_after_finished", settings.ttlSecondsAfterFinished());
        settings.workspaceSizeLimit().ifPresent(limit -> block.put("workspace_size_limit", limit));
        block.put("unschedulable_timeout", GoDuration.write(settings.unschedulableTimeout()));
        block.put("coding_cli_sidecars", settings.codingCliSidecars());
        settings.podTemplate().ifPresent(template -> block.put("pod_template", template.value()));
        settings.preflightResources().ifPresent(resources -> block.put("preflight_resources", resources.value()));
        return block;
    }

    private static Map<String, Object> direct(Direct direct) {
        var block = new LinkedHashMap<String, Object>();
        block.put("workspace_root", direct.workspaceRoot().toString());
        direct.targetDir().ifPresent(dir -> block.put("target_dir", dir.toString()));
        direct.ozPath().ifPresent(path -> block.put("oz_path", path));
        direct.setupCommand().ifPresent(command -> block.put("setup_command", command));
        direct.teardownCommand().ifPresent(command -> block.put("teardown_command", command));
        block.put("environment", entries(direct.environment()));
        return block;
    }

    private static List<Map<String, Object>> entries(List<EnvironmentEntry> environment) {
        return environment.stream().map(SettingsWriter::entry).toList();
    }

    private static Map<String, Object> entry(EnvironmentEntry entry) {
        var block = new LinkedHashMap<String, Object>();
        block.put("name", entry.name());
        entry.value().ifPresent(value -> block.put("value", value.reveal()));
        return block;
    }

    private static Map<String, Object> slipway(Settings settings) {
        var limits = new LinkedHashMap<String, Object>();
        settings.slipway().limits().forEach((backend, limit) -> limits.put(backend.wireName(), limit));
        var block = new LinkedHashMap<String, Object>();
        block.put("queue_limit", settings.slipway().queueLimit());
        block.put("limits", limits);
        var times = settings.slipway().times();
        block.put("default_timeout", limit(times.task()));
        block.put("queue_timeout", limit(times.queued()));
        block.put("stall_after", limit(times.silent()));
        block.put("lost_after", limit(times.lost()));
        var retry = settings.slipway().retry();
        block.put(
                "retry",
                Map.of(
                        "attempts",
                        retry.attempts(),
                        "delay",
                        GoDuration.write(retry.delay()),
                        "max_delay",
                        GoDuration.write(retry.longestDelay())));
        block.put("on_shutdown", settings.slipway().stopsOnShutdown() ? "stop" : "leave");
        if (settings.backend().orElse(null) instanceof Kubernetes kubernetes) {
            block.put(
                    "kubernetes",
                    Map.of(
                            "environment",
                            entries(kubernetes.environment()),
                            "env_as_secret",
                            kubernetes.envAsSecret()));
        }
        block.put(
                "direct",
                Map.of(
                        "expose_api_key",
                        settings.slipway().exposeApiKey(),
                        "setup_timeout",
                        limit(settings.slipway().setupTimeout())));
        block.put("docker", dockerRules(settings.slipway().docker()));
        return block;
    }

    private static Map<String, Object> dockerRules(DockerRules rules) {
        var confinement = rules.confinement();
        var block = new LinkedHashMap<String, Object>();
        block.put("pull_policy", rules.pullPolicy().wireName());
        block.put("pull_stall_timeout", limit(rules.pullStall()));
        block.put("keep_sidecars", limit(rules.keepSidecars()));
        block.put("init", confinement.init());
        block.put("no_new_privileges", confinement.noNewPrivileges());
        block.put("drop_capabilities", confinement.dropCapabilities());
        block.put("pids_limit", confinement.pidsLimit());
        block.put("log_megabytes", confinement.logMegabytes());
        rules.network().ifPresent(network -> block.put("network", network));
        rules.allowedImages().ifPresent(images -> block.put("allowed_images", images));
        rules.allowedMounts().ifPresent(mounts -> block.put("allowed_mounts", mounts));
        return block;
    }

    private static String limit(Optional<Duration> limit) {
        return GoDuration.write(limit.orElse(Duration.ZERO));
    }
}
