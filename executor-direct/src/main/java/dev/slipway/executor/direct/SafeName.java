package dev.slipway.executor.direct;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** Names from outside, made safe for the file system. */
final class SafeName {
    private static final int MAX_BYTES = 255;
    private static final int READABLE = 160;
    private static final Pattern ENCODED = Pattern.compile("[A-Za-z0-9_%-][A-Za-z0-9_%.~-]*");
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private SafeName() {}

    /** A directory name for any id: equal for equal ids, different for different ones, and readable for ordinary ids. */
    static String encode(String id) {
        StringBuilder name = new StringBuilder();
        for (byte b : id.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if (c < 0x80 && (Character.isLetterOrDigit(c) || c == '-' || c == '_' || (c == '.' && !name.isEmpty()))) {
                name.append(c);
            } else {
                name.append('%').append(HEX.toHexDigits(b));
            }
        }
        if (name.length() <= READABLE) {
            return name.toString();
        }
        return name.substring(0, READABLE) + "~" + sha256(id);
    }

    /** Whether {@link #encode} may have made that name. */
    static boolean isEncoded(String name) {
        return ENCODED.matcher(name).matches();
    }

    /** Whether a task's id can be the name of its workspace as it is. */
    static boolean isPathComponent(String id) {
        return !id.isEmpty()
                && !id.equals(".")
                && !id.equals("..")
                && id.indexOf('/') < 0
                && id.chars().noneMatch(Character::isISOControl)
                && id.getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES;
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
