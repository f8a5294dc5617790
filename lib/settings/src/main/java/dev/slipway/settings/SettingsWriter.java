package dev.slipway.settings;

import java.util.LinkedHashMap;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
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
        top.put("slipway", slipway(settings.slipway()));
        // The core schema quotes every text that the reader would take for a null.
        var style = DumpSettings.builder()
                .setDefaultFlowStyle(FlowStyle.BLOCK)
                .setSchema(new CoreSchema())
                .build();
        return new Dump(style).dumpToString(top);
    }

    private static Map<String, Object> backend(BackendSettings backend) {
        return switch (backend) {
            case Direct direct -> direct(direct);
        };
    }

    private static Map<String, Object> direct(Direct direct) {
        var block = new LinkedHashMap<String, Object>();
        block.put("workspace_root", direct.workspaceRoot().toString());
        direct.targetDir().ifPresent(dir -> block.put("target_dir", dir.toString()));
        direct.ozPath().ifPresent(path -> block.put("oz_path", path));
        block.put(
                "environment",
                direct.environment().stream().map(SettingsWriter::entry).toList());
        return block;
    }

    private static Map<String, Object> entry(EnvironmentEntry entry) {
        var block = new LinkedHashMap<String, Object>();
        block.put("name", entry.name());
        entry.value().ifPresent(value -> block.put("value", value.reveal()));
        return block;
    }

    private static Map<String, Object> slipway(SlipwaySettings settings) {
        var limits = new LinkedHashMap<String, Object>();
        settings.limits().forEach((backend, limit) -> limits.put(backend.wireName(), limit));
        return Map.of("queue_limit", settings.queueLimit(), "limits", limits);
    }
}
