package dev.slipway.settings;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** What a single value of the file means, by the rules of YAML 1.1 that operators' files are written for. */
final class YamlScalar {
    private static final Set<String> NULLS = Set.of("", "~", "null", "Null", "NULL");
    private static final Set<String> TRUE =
            Set.of("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON");
    private static final Set<String> FALSE =
            Set.of("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF");
    private static final Pattern INTEGER = Pattern.compile("[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|0|[1-9][0-9_]*)");
    private static final Pattern DECIMAL = Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?");

    private YamlScalar() {}

    static boolean isNull(ScalarNode node) {
        return isPlain(node) && NULLS.contains(node.getValue());
    }

    /** Whether the text, written without quotes, could be read as something else than itself. */
    static boolean needsQuotes(String text) {
        return NULLS.contains(text)
                || text.codePoints().anyMatch(YamlScalar::isSpecial)
                || bool(text).isPresent()
                || INTEGER.matcher(text).matches()
                || DECIMAL.matcher(text).matches();
    }

    /** Line ends, of which YAML has more than most, and what cannot be seen. */
    private static boolean isSpecial(int character) {
        return Character.isISOControl(character)
                || character == 0x2028
                || character == 0x2029
                || Character.getType(character) == Character.FORMAT;
    }

    static Optional<Boolean> bool(ScalarNode node) {
        return isPlain(node) ? bool(node.getValue()) : Optional.empty();
    }

    private static Optional<Boolean> bool(String text) {
        return TRUE.contains(text) ? Optional.of(true) : FALSE.contains(text) ? Optional.of(false) : Optional.empty();
    }

    /** A whole number, also one that is written as {@code 1.2096e+06}, which is what templates make of large ones. */
    static OptionalLong wholeNumber(ScalarNode node) {
        try {
            return switch (isPlain(node) ? number(node.getValue()) : null) {
                case BigInteger integer -> OptionalLong.of(integer.longValueExact());
                case BigDecimal decimal -> OptionalLong.of(decimal.longValueExact());
                case null, default -> OptionalLong.empty();
            };
        } catch (ArithmeticException e) {
            return OptionalLong.empty(); // a fraction, or too large
        }
    }

    /** A text, number, boolean or null. */
    static @Nullable Object value(ScalarNode node) {
        String text = node.getValue();
        if (!isPlain(node) || node.getTag().equals(Tag.BINARY)) {
            return text;
        } else if (NULLS.contains(text)) {
            return null;
        }
        return bool(text).<Object>map(truth -> truth).orElseGet(() -> switch (number(text)) {
            case BigInteger integer -> integer.bitLength() < Long.SIZE ? (Object) integer.longValueExact() : integer;
            case BigDecimal decimal -> decimal.doubleValue();
            case null, default -> text;
        });
    }

    private static boolean isPlain(ScalarNode node) {
        return node.getScalarStyle() == ScalarStyle.PLAIN;
    }

    private static @Nullable Number number(String text) {
        if (INTEGER.matcher(text).matches()) {
            return integer(text.replace("_", ""));
        }
        return DECIMAL.matcher(text).matches() ? new BigDecimal(text) : null;
    }

    private static BigInteger integer(String text) {
        String sign = text.startsWith("-") ? "-" : "";
        String digits = text.startsWith("-") || text.startsWith("+") ? text.substring(1) : text;
        if (digits.startsWith("0x")) {
            return new BigInteger(sign + digits.substring(2), 16);
        } else if (digits.startsWith("0b")) {
            return new BigInteger(sign + digits.substring(2), 2);
        } else if (digits.startsWith("0o")) {
            return new BigInteger(sign + digits.substring(2), 8);
        }
        return new BigInteger(sign + digits, digits.startsWith("0") ? 8 : 10);
    }
}
