package dev.slipway.connector.wire;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.protocol.SecretValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads a JSON object strictly: null counts as absent, another type than expected is an error that names only the key. */
record Fields(String path, JsonNode object) {
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
        Optional<JsonNode> node = node(name);
        if (node.isPresent() && !node.get().isTextual()) {
            throw new WrongType(at(name), "a string");
        }
        return node.isEmpty()
                ? Optional.empty()
                : Optional.of(encodable(node.get().textValue(), at(name)));
    }

    /** A string that is neither absent nor empty. */
    Optional<String> word(String name) throws Fault {
        return text(name).filter(text -> !text.isEmpty());
    }

    Optional<Boolean> flag(String name) throws Fault {
        Optional<JsonNode> node = node(name);
        if (node.isPresent() && !node.get().isBoolean()) {
            throw new WrongType(at(name), "true or false");
        }
        return node.map(JsonNode::booleanValue);
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
        Optional<JsonNode> node = node(name);
        if (node.isPresent() && !(node.get().isIntegralNumber() && node.get().canConvertToLong())) {
            throw new WrongType(at(name), "a whole number");
        }
        return node.map(JsonNode::longValue).orElse(0L);
    }

    List<String> texts(String name) throws Fault {
        Optional<JsonNode> node = node(name);
        if (node.isEmpty()) {
            return List.of();
        }
        if (!node.get().isArray()) {
            throw new WrongType(at(name), "a list");
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode element : node.get()) {
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

    private static String encodable(String text, String path) throws Unencodable {
        // Of a whole pair, a code point is no surrogate.
        if (text.codePoints().anyMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE)) {
            throw new Unencodable(path);
        }
        return text;
    }
}
