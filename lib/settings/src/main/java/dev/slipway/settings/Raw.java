package dev.slipway.settings;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * A part of the file that is passed on as it is written. Its text form hides it, for it may hold secrets.
 *
 * @param value maps by text, lists, texts, numbers, booleans and nulls
 */
public record Raw(Map<String, @Nullable Object> value) {
    /** Aliases let a short file stand for a huge one, or for one without end. */
    private static final int MAX_NODES = 100_000;

    private static final int MAX_DEPTH = 64;

    /**
     * @param path the key of the part itself
     * @param errors told of everything that cannot be passed on
     */
    static Raw of(MappingNode node, String path, Collection<SettingsError> errors) {
        return new Raw(new Reader(errors).mapping(node, path));
    }

    @Override
    public String toString() {
        return "***";
    }

    private static final class Reader {
        private final Collection<SettingsError> errors;
        private int nodes;
        private int depth;

        Reader(Collection<SettingsError> errors) {
            this.errors = errors;
        }

        private @Nullable Object read(Node node, String path) {
            nodes++;
            if (nodes > MAX_NODES || depth == MAX_DEPTH) {
                if (nodes <= MAX_NODES + 1) {
                    nodes = MAX_NODES + 2; // said once, and nothing more is read
                    fault(node, path, "holds too much: do aliases repeat each other?");
                }
                return null;
            }
            depth++;
            @Nullable Object value = convert(node, path);
            depth--;
            return value;
        }

        private @Nullable Object convert(Node node, String path) {
            return switch (node) {
                case MappingNode mapping -> mapping(mapping, path);
                case SequenceNode sequence -> {
                    List<@Nullable Object> list = new ArrayList<>();
                    for (Node element : sequence.getValue()) {
                        list.add(read(element, "%s[%d]".formatted(path, list.size())));
                    }
                    yield list;
                }
                case ScalarNode scalar -> YamlScalar.value(scalar);
                default -> {
                    fault(node, path, "cannot be read");
                    yield null;
                }
            };
        }

        Map<String, @Nullable Object> mapping(MappingNode node, String path) {
            Map<String, @Nullable Object> map = new LinkedHashMap<>();
            for (YamlMapping.Entry entry : YamlMapping.entries(node, key -> fault(key, path, YamlMapping.KEYS))) {
                String key = path + "." + entry.key();
                if (map.containsKey(entry.key())) {
                    errors.add(new SettingsError(key, entry.line(), "given twice: remove one"));
                } else {
                    map.put(entry.key(), read(entry.value(), key));
                }
            }
            return map;
        }

        private void fault(Node node, String path, String message) {
            errors.add(new SettingsError(path, YamlMapping.lineOf(node), message));
        }
    }
}
