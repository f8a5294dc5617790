package dev.slipway.executor.direct;

import dev.slipway.protocol.SecretValue;
import java.util.Map;
import java.util.regex.Pattern;

/** Texts that a POSIX shell reads. */
final class ShellText {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    private ShellText() {}

    /** Whether a shell can set and hand on a variable of that name. */
    static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /**
     * Statements that put these variables into the environment; those whose names are no names to a shell are left out. A
     * variable that this shell keeps for itself stays as it is: {@code command} keeps that from ending the shell.
     */
    static String exports(Map<String, SecretValue> variables) {
        StringBuilder text = new StringBuilder();
        variables.forEach((name, value) -> {
            if (isName(name)) {
                text.append("command export ")
                        .append(name)
                        .append('=')
                        .append(quote(value.reveal()))
                        .append('\n');
            }
        });
        return text.toString();
    }

    static String quote(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
