package dev.slipway.settings;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * A part of the file that is passed on as it is written. Its text form hides it, for it may hold secrets.
 *
 * @param value maps by text, lists, texts, numbers, booleans and nulls
 */
public record Raw(Map<String, @Nullable Object> value) {
    /** Aliases let a short file stand for a huge one, or for one without end. */
    private static final int MAX_NODES = 100_000;

    private static final int MAX_DEPTH = 64;

    /** @throws IllegalArgumentException in words, if it cannot be passed on */
    static Raw of(MappingNode node) {
        return new Raw(new Reader().mapping(node));
    }

    @Override
    public String toString() {
        return "***";
    }

    private static final class Reader {
        private int nodes;
        private int depth;

        private @Nullable Object read(Node node) {
            if (++nodes > MAX_NODES || depth == MAX_DEPTH) {
                throw new IllegalArgumentException("holds too much: do aliases repeat each other?");
            }
            depth++;
            @Nullable Object value = convert(node);
            depth--;
            return value;
        }

        private @Nullable Object convert(Node node) {
            return switch (node) {
                case MappingNode mapping -> mapping(mapping);
                case SequenceNode sequence -> {
                    List<@Nullable Object> list = new ArrayList<>();
                    sequence.getValue().forEach(element -> list.add(read(element)));
                    yield list;
                }
                case ScalarNode scalar -> scalar(scalar);
                default -> throw new IllegalArgumentException("cannot be read");
            };
        }

        Map<String, @Nullable Object> mapping(MappingNode node) {
            Map<String, @Nullable Object> map = new LinkedHashMap<>();
            YamlMapping.entries(node, key -> {
                        throw new IllegalArgumentException("keys must be plain words");
                    })
                    .forEach(entry -> {
                        if (map.containsKey(entry.key())) {
                            throw new IllegalArgumentException("holds the key \"%s\" twice".formatted(entry.key()));
                        }
                        map.put(entry.key(), read(entry.value()));
                    });
            return map;
        }

        private static @Nullable Object scalar(ScalarNode node) {
            Tag tag = node.getTag();
            String text = node.getValue();
            if (tag.equals(Tag.NULL)) {
                return null;
            } else if (tag.equals(Tag.BOOL)) {
                return text.equalsIgnoreCase("true");
            } else if (tag.equals(Tag.INT)) {
                return integer(text);
            } else if (tag.equals(Tag.FLOAT)) {
                return text.contains("inf") || text.contains("nan") ? text : (Object) Double.valueOf(text);
            }
            return text;
        }

        private static Object integer(String text) {
            BigInteger number = text.startsWith("0x")
                    ? new BigInteger(text.substring(2), 16)
                    : text.startsWith("0o") ? new BigInteger(text.substring(2), 8) : new BigInteger(text);
            return number.bitLength() < Long.SIZE ? (Object) number.longValueExact() : number;
        }
    }
}
