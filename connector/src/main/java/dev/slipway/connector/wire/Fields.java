package dev.slipway.connector.wire;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.protocol.SecretValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;

/** Reads a JSON object strictly: null counts as absent, another type than expected is an error that names only the key. */
record Fields(String path, JsonNode object) {
    private static final int REPLACEMENT = 0xfffd;

    /** A value cannot be used; the message names its key and what is wrong. */
    abstract static class Fault extends Exception {
        private Fault(String message) {
            super(message);
        }

        String words() {
            return String.valueOf(getMessage());
        }
    }

    static final class WrongType extends Fault {
        WrongType(String path, String wanted) {
            super(path + " is not " + wanted);
        }
    }

    /** A text holds half of a surrogate pair: it has no form in UTF-8, so it can be handed to nobody. */
    static final class Unencodable extends Fault {
        Unencodable(String path) {
            super(path + " holds half of a character (an unpaired surrogate)");
        }
    }

    static Fields of(String path, JsonNode node) throws Fault {
        if (!node.isObject()) {
            throw new WrongType(path, "an object");
        }
        return new Fields(path, node);
    }

    Optional<Fields> object(String name) throws Fault {
        Optional<JsonNode> node = node(name);
        return node.isEmpty() ? Optional.empty() : Optional.of(of(at(name), node.get()));
    }

    Optional<String> text(String name) throws Fault {
        expectText(name);
        Optional<JsonNode> node = node(name);
        return node.isEmpty()
                ? Optional.empty()
                : Optional.of(encodable(node.get().textValue(), at(name)));
    }

    /** A string that is neither absent nor empty. */
    Optional<String> word(String name) throws Fault {
        return text(name).filter(text -> !text.isEmpty());
    }

    /** A string that only people read: half of a character in it is no obstacle. */
    Optional<String> words(String name) throws Fault {
        expectText(name);
        return node(name).map(node -> whole(node.textValue())).filter(text -> !text.isEmpty());
    }

    /** Sees to the types of strings that are not used. */
    void expectText(String... names) throws Fault {
        for (String name : names) {
            expect(name, JsonNode::isTextual, "a string");
        }
    }

    /** A number above 0; any other counts as absent. */
    OptionalDouble positive(String name) throws Fault {
        expect(name, node -> node.isNumber() && Double.isFinite(node.doubleValue()), "a number");
        double number = node(name).map(JsonNode::doubleValue).orElse(0.0);
        return number > 0 ? OptionalDouble.of(number) : OptionalDouble.empty();
    }

    private void expect(String name, Predicate<JsonNode> wanted, String words) throws Fault {
        if (node(name).filter(wanted.negate()).isPresent()) {
            throw new WrongType(at(name), words);
        }
    }

    List<Fields> objects(String name) throws Fault {
        List<Fields> objects = new ArrayList<>();
        for (JsonNode element : list(name)) {
            if (!element.isNull()) {
                objects.add(of(at(name), element));
            }
        }
        return List.copyOf(objects);
    }

    Optional<Boolean> flag(String name) throws Fault {
        expect(name, JsonNode::isBoolean, "true or false");
        return node(name).map(JsonNode::booleanValue);
    }

    /** An object as compact JSON; absent if it has no members. */
    Optional<String> json(String name) throws Fault {
        Optional<Fields> fields = object(name);
        return fields.isEmpty() || fields.get().object.isEmpty()
                ? Optional.empty()
                : Optional.of(encodable(fields.get().object.toString(), at(name)));
    }

    /** 0 if absent. */
    long number(String name) throws Fault {
        expect(name, node -> node.isIntegralNumber() && node.canConvertToLong(), "a whole number");
        return node(name).map(JsonNode::longValue).orElse(0L);
    }

    List<String> texts(String name) throws Fault {
        List<String> texts = new ArrayList<>();
        for (JsonNode element : list(name)) {
            texts.add(textOf(element, at(name)));
        }
        return List.copyOf(texts);
    }

    Map<String, SecretValue> secrets(String name) throws Fault {
        Optional<Fields> fields = object(name);
        if (fields.isEmpty()) {
            return Map.of();
        }
        Map<String, SecretValue> secrets = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : fields.get().object.properties()) {
            secrets.put(encodable(entry.getKey(), at(name)), SecretValue.of(textOf(entry.getValue(), at(name))));
        }
        return Map.copyOf(secrets);
    }

    private Iterable<JsonNode> list(String name) throws Fault {
        expect(name, JsonNode::isArray, "a list");
        return node(name).<Iterable<JsonNode>>map(node -> node).orElse(List.of());
    }

    private Optional<JsonNode> node(String name) {
        return Optional.ofNullable(object.get(name)).filter(node -> !node.isNull());
    }

    private String at(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** An element of a list or map; null stands for the empty string there. */
    private static String textOf(JsonNode element, String path) throws Fault {
        if (element.isNull()) {
            return "";
        }
        if (!element.isTextual()) {
            throw new WrongType("an element of " + path, "a string");
        }
        return encodable(element.textValue(), path);
    }

    /** The text with a sign in the place of every half of a character. */
    private static String whole(String text) {
        return text.codePoints()
                .map(point -> isHalf(point) ? REPLACEMENT : point)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static boolean isHalf(int point) {
        // Of a whole pair, a code point is no surrogate.
        return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    }

    private static String encodable(String text, String path) throws Unencodable {
        if (text.codePoints().anyMatch(Fields::isHalf)) {
            throw new Unencodable(path);
        }
        return text;
    }
}
