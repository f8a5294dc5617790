package dev.slipway.executor.direct;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a file of variables. Pure. Its dialect:
 *
 * <ul>
 *   <li>{@code KEY=value} or {@code KEY: value}, one a line, blanks around both allowed, {@code export} before it allowed. A
 *       key has letters, digits, {@code _} and {@code .}; a later one of the same name wins.
 *   <li>A line that begins with {@code #} is a comment; so is the rest of an unquoted value from a {@code #} after a blank.
 *   <li>{@code 'value'} is taken as it is, over several lines if need be; a quote after a backslash does not end it.
 *   <li>{@code "value"} too, but {@code \n} and {@code \r} stand for line ends, a backslash before any other character for
 *       that character, and variables are filled in.
 *   <li>In unquoted and in double-quoted values {@code $KEY} and {@code ${KEY}} stand for the value of an earlier key of the
 *       same file, or for nothing if there is none; {@code \$} stands for a dollar sign. Only capitals, digits and {@code _}
 *       can be such a {@code KEY}: a dollar sign before anything else is one.
 * </ul>
 */
final class Dotenv {
    private static final Pattern KEY =
            Pattern.compile("\\G[ \\t]*(?:export[ \\t]+)?([A-Za-z0-9_.]+)[ \\t]*[=:][ \\t]*");
    private static final Pattern PLACEHOLDER =
            Pattern.compile("\\\\(.)|\\$(?:\\{([A-Z0-9_]+)}|([A-Z0-9_]+))", Pattern.DOTALL);
    private static final Pattern COMMENT = Pattern.compile("[ \\t]#.*");

    /** The file is none of this dialect. The message names the line and never quotes it: it may hold a secret. */
    static final class Malformed extends Exception {
        private Malformed(String what, String text, int position) {
            super("line %d %s"
                    .formatted(
                            text.substring(0, Math.min(position, text.length()))
                                            .chars()
                                            .filter(c -> c == '\n')
                                            .count()
                                    + 1,
                            what));
        }
    }

    private final String text;
    private final Map<String, String> variables = new LinkedHashMap<>();
    private int position;

    private Dotenv(String text) {
        this.text = text;
    }

    /** @return the variables in the order of their first mention */
    static Map<String, String> parse(String file) throws Malformed {
        if (file.indexOf('\0') >= 0) {
            throw new Malformed("holds a NUL character", file, file.indexOf('\0'));
        }
        Dotenv reader = new Dotenv(file.replace("\r\n", "\n"));
        while (reader.isAtStatement()) {
            reader.statement();
        }
        return reader.variables;
    }

    /** Skips blank lines and comments. */
    private boolean isAtStatement() {
        while (position < text.length()) {
            char c = text.charAt(position);
            if (c == '#') {
                position = lineEnd();
            } else if (Character.isWhitespace(c) || c == '\ufeff') {
                position++;
            } else {
                return true;
            }
        }
        return false;
    }

    private void statement() throws Malformed {
        Matcher key = KEY.matcher(text);
        if (!key.find(position)) {
            throw new Malformed("is no 'KEY=value'", text, position);
        }
        position = key.end();
        char first = position < text.length() ? text.charAt(position) : '\n';
        variables.put(key.group(1), first == '"' || first == '\'' ? quoted(first) : unquoted());
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }

    private String unquoted() {
        int end = lineEnd();
        int start = isBlank(text.charAt(position - 1)) ? position - 1 : position; // a comment begins after a blank
        String value =
                COMMENT.matcher(text.substring(start, end)).replaceFirst("").strip();
        position = end;
        return fill(value, false);
    }

    private String quoted(char quote) throws Malformed {
        int start = position + 1;
        int end = start;
        while (end < text.length() && text.charAt(end) != quote) {
            boolean isEscape = text.charAt(end) == '\\' && (quote == '"' || text.startsWith("'", end + 1));
            end += isEscape ? 2 : 1;
        }
        if (end >= text.length()) {
            throw new Malformed("begins a quoted value that does not end", text, position);
        }
        String value = text.substring(start, end);
        position = end + 1;
        String rest = text.substring(position, lineEnd()).strip();
        if (!rest.isEmpty() && !rest.startsWith("#")) {
            throw new Malformed("goes on after its closing quote", text, position);
        }
        position = lineEnd();
        return quote == '"' ? fill(value, true) : value;
    }

    /** @param escapes whether a backslash means something before other characters than a dollar sign, too */
    private String fill(String value, boolean escapes) {
        return PLACEHOLDER
                .matcher(value)
                .replaceAll(match -> Matcher.quoteReplacement(
                        match.group(1) == null
                                ? variables.getOrDefault(match.group(2) == null ? match.group(3) : match.group(2), "")
                                : escaped(match.group(1), escapes)));
    }

    private static String escaped(String character, boolean escapes) {
        if (!escapes) {
            return character.equals("$") ? "$" : "\\" + character;
        }
        return switch (character) {
            case "n" -> "\n";
            case "r" -> "\r";
            default -> character;
        };
    }

    private int lineEnd() {
        int end = text.indexOf('\n', position);
        return end < 0 ? text.length() : end;
    }
}
