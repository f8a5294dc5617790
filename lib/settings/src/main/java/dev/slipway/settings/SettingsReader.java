package dev.slipway.settings;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads the YAML file: its schema, and every error at once. */
final class SettingsReader {
    private static final int MAX_DEPTH = 64;
    private static final int MAX_CODE_POINTS = 16 << 20;

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

    static String unsupported(String what) {
        return "%s is not supported by this version yet: it runs the direct backend only".formatted(what);
    }

    private Optional<Node> compose(String yaml) {
        var settings = LoadSettings.builder().setCodePointLimit(MAX_CODE_POINTS).build();
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
        var settings = new Settings(
                nonEmpty(top.text("worker_id")),
                top.bool("cleanup", true),
                Math.max(0, top.integer("max_concurrent_tasks").orElse(0)),
                nonEmpty(top.text("idle_on_complete")),
                top.mapping("backend").flatMap(this::backend),
                top.mapping("slipway").map(this::slipway).orElseGet(SlipwaySettings::defaults));
        top.finish();
        return settings;
    }

    private Optional<BackendSettings> backend(YamlMapping block) {
        long configured = 0;
        for (var kind : Backend.values()) {
            configured += block.has(kind.wireName()) ? 1 : 0;
        }
        if (configured > 1) {
            block.error("", "at most one backend may be configured");
        }
        for (var kind : List.of(Backend.DOCKER, Backend.KUBERNETES)) {
            if (block.has(kind.wireName())) {
                block.error(kind.wireName(), unsupported("this backend"));
            }
        }
        if (block.has("command")) {
            block.error("command", "the command backend does not exist in Slipway: use direct");
        }
        var direct = block.mapping("direct").<BackendSettings>map(this::direct);
        block.finish();
        return direct;
    }

    private Direct direct(YamlMapping block) {
        for (var hook : List.of("setup_command", "teardown_command")) {
            if (block.has(hook)) {
                block.error(hook, "this key is not supported by this version yet: remove it");
            }
        }
        var direct = new Direct(
                block.path("workspace_root").orElse(Direct.DEFAULT_WORKSPACE_ROOT),
                block.path("target_dir"),
                nonEmpty(block.text("oz_path")),
                block.mappings("environment").stream()
                        .map(SettingsReader::environmentEntry)
                        .flatMap(Optional::stream)
                        .toList());
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
        var settings = new SlipwaySettings(
                notNegative(block, "queue_limit").orElse(SlipwaySettings.DEFAULT_QUEUE_LIMIT),
                block.mapping("limits").map(SettingsReader::limits).orElseGet(Map::of));
        block.finish();
        return settings;
    }

    private static Map<Backend, Integer> limits(YamlMapping block) {
        var direct = notNegative(block, Backend.DIRECT.wireName());
        for (var kind : List.of(Backend.DOCKER, Backend.KUBERNETES)) {
            if (block.has(kind.wireName())) {
                block.error(kind.wireName(), unsupported("this backend"));
            }
        }
        block.finish();
        return direct.isPresent() && direct.getAsInt() > 0 ? Map.of(Backend.DIRECT, direct.getAsInt()) : Map.of();
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
