package dev.slipway.settings;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * A YAML mapping, read strictly: what is wrong is collected and reading goes on, and {@link #finish} reports the keys
 * that nobody asked for. A key whose value is null counts as not given.
 */
final class YamlMapping {
    private static final String MERGE = "<<";

    /** @param line of the key */
    record Entry(String key, int line, Node value) {}

    static final String KEYS = "keys must be plain words";
    private static final String NO_MAPPING = "must be a mapping (key: value)";
    private static final String NO_NUMBER = "must be a whole number";

    private final String path;
    private final int line;
    private final Collection<SettingsError> errors;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Set<String> known = new TreeSet<>();

    private YamlMapping(String path, int line, Collection<SettingsError> errors) {
        this.path = path;
        this.line = line;
        this.errors = errors;
    }

    /** @param path the key of the mapping itself, empty for the document */
    static Optional<YamlMapping> of(Node node, String path, Collection<SettingsError> errors) {
        if (!(node instanceof MappingNode mapping)) {
            errors.add(new SettingsError(path, lineOf(node), NO_MAPPING));
            return Optional.empty();
        }
        var result = new YamlMapping(path, lineOf(node), errors);
        for (var entry : entries(mapping, key -> errors.add(new SettingsError(path, lineOf(key), KEYS)))) {
            var earlier = result.entries.putIfAbsent(entry.key(), entry);
            if (earlier != null) {
                errors.add(new SettingsError(
                        result.pathOf(entry.key()),
                        entry.line(),
                        "given twice (first in line %d): remove one".formatted(earlier.line())));
            }
        }
        return Optional.of(result);
    }

    /**
     * The entries of a mapping as they are written, and after them those that its merge key ({@code <<}) brings in.
     *
     * @param bad told of every key that is no plain word
     */
    static List<Entry> entries(MappingNode mapping, Consumer<Node> bad) {
        var own = new ArrayList<Entry>();
        var merged = new ArrayList<Entry>();
        for (var tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                bad.accept(tuple.getKeyNode());
            } else if (key.getScalarStyle() == ScalarStyle.PLAIN
                    && key.getValue().equals(MERGE)) {
                merge(tuple.getValueNode(), merged, bad);
            } else {
                own.add(new Entry(key.getValue(), lineOf(key), tuple.getValueNode()));
            }
        }
        for (var entry : merged) {
            if (own.stream().noneMatch(other -> other.key().equals(entry.key()))) {
                own.add(entry);
            }
        }
        return own;
    }

    /** One level deep: what is merged in brings in nothing itself. */
    private static void merge(Node value, List<Entry> merged, Consumer<Node> bad) {
        var sources = value instanceof SequenceNode sequence ? sequence.getValue() : List.of(value);
        for (var source : sources) {
            if (source instanceof MappingNode mapping) {
                for (var tuple : mapping.getValue()) {
                    if (tuple.getKeyNode() instanceof ScalarNode key) {
                        merged.add(new Entry(key.getValue(), lineOf(key), tuple.getValueNode()));
                    }
                }
            } else {
                bad.accept(source);
            }
        }
    }

    Optional<String> text(String key) {
        return scalar(key).map(ScalarNode::getValue);
    }

    Optional<Path> path(String key) {
        var text = text(key).filter(value -> !value.isEmpty());
        try {
            return text.map(Path::of);
        } catch (InvalidPathException e) {
            error(key, "is not a path (%s); if it is one, start Slipway with LC_ALL=C.UTF-8".formatted(e.getReason()));
            return Optional.empty();
        }
    }

    boolean bool(String key, boolean otherwise) {
        return scalar(key)
                .map(node -> YamlScalar.bool(node).orElseGet(() -> {
                    error(key, "must be true or false");
                    return otherwise;
                }))
                .orElse(otherwise);
    }

    OptionalInt integer(String key) {
        var number = wholeNumber(key);
        if (number.isPresent() && number.getAsLong() != (int) number.getAsLong()) {
            error(key, NO_NUMBER);
            return OptionalInt.empty();
        }
        return number.isPresent() ? OptionalInt.of((int) number.getAsLong()) : OptionalInt.empty();
    }

    OptionalLong wholeNumber(String key) {
        var node = scalar(key);
        if (node.isEmpty()) {
            return OptionalLong.empty();
        }
        var number = YamlScalar.wholeNumber(node.get());
        if (number.isEmpty()) {
            error(key, NO_NUMBER);
        }
        return number;
    }

    /** A mapping with keys of the operator's own choice; a null counts as the empty text. */
    Map<String, String> texts(String key) {
        return texts(key, text -> Optional.empty());
    }

    /** @param fault what is wrong with a value, in words */
    Map<String, String> texts(String key, Function<String, Optional<String>> fault) {
        var result = new LinkedHashMap<String, String>();
        mapping(key)
                .ifPresent(block -> block.entries.keySet().forEach(name -> {
                    block.known.add(name);
                    var text = block.text(name).orElse("");
                    fault.apply(text).ifPresent(words -> block.error(name, words));
                    result.put(name, text);
                }));
        return result;
    }

    /** A list of texts. */
    List<String> list(String key) {
        var result = new ArrayList<String>();
        var entry = given(key);
        if (entry.isPresent() && entry.get().value() instanceof SequenceNode sequence) {
            for (var element : sequence.getValue()) {
                if (element instanceof ScalarNode scalar && !isNull(scalar)) {
                    result.add(scalar.getValue());
                } else {
                    errors.add(new SettingsError(
                            "%s[%d]".formatted(pathOf(key), result.size()), lineOf(element), "must be a single value"));
                }
            }
        } else if (entry.isPresent()) {
            error(key, "must be a list");
        }
        return result;
    }

    /** A mapping that is passed on as it is written. */
    Optional<Raw> raw(String key) {
        var entry = given(key);
        if (entry.isPresent() && entry.get().value() instanceof MappingNode mapping) {
            return Optional.of(Raw.of(mapping, pathOf(key), errors));
        }
        if (entry.isPresent()) {
            error(key, NO_MAPPING);
        }
        return Optional.empty();
    }

    Optional<YamlMapping> mapping(String key) {
        return given(key).flatMap(entry -> of(entry.value(), pathOf(key), errors));
    }

    List<YamlMapping> mappings(String key) {
        var result = new ArrayList<YamlMapping>();
        var entry = given(key);
        if (entry.isPresent() && entry.get().value() instanceof SequenceNode sequence) {
            for (int i = 0; i < sequence.getValue().size(); i++) {
                of(sequence.getValue().get(i), "%s[%d]".formatted(pathOf(key), i), errors)
                        .ifPresent(result::add);
            }
        } else if (entry.isPresent()) {
            error(key, "must be a list");
        }
        return result;
    }

    /** Whether the key has a value that is not null. */
    boolean has(String key) {
        return given(key).isPresent();
    }

    /** Reports an error at a key of this mapping, or at the mapping itself if it does not have the key. */
    void error(String key, String message) {
        var entry = entries.get(key);
        errors.add(new SettingsError(pathOf(key), entry == null ? line : entry.line(), message));
    }

    /** Reports every key that nobody has asked for. */
    void finish() {
        entries.forEach((key, entry) -> {
            if (!known.contains(key)) {
                errors.add(new SettingsError(
                        pathOf(key), entry.line(), "unknown key (known here: %s)".formatted(String.join(", ", known))));
            }
        });
    }

    private Optional<ScalarNode> scalar(String key) {
        var entry = given(key);
        if (entry.isPresent() && !(entry.get().value() instanceof ScalarNode)) {
            error(key, "must be a single value");
        }
        return entry.map(Entry::value).filter(ScalarNode.class::isInstance).map(ScalarNode.class::cast);
    }

    private Optional<Entry> given(String key) {
        known.add(key);
        return Optional.ofNullable(entries.get(key)).filter(entry -> !isNull(entry.value()));
    }

    private String pathOf(String key) {
        return path.isEmpty() || key.isEmpty() ? path + key : path + "." + key;
    }

    static boolean isNull(Node node) {
        return node instanceof ScalarNode scalar && YamlScalar.isNull(scalar);
    }

    static int lineOf(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
    }
}
