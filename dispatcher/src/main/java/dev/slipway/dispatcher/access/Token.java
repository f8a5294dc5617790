package dev.slipway.dispatcher.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/** A bearer token, held as its SHA-256 only. */
final class Token {
    private static final String SCHEME = "Bearer ";

    private final byte[] hash;

    Token(String value) {
        hash = sha256(value);
    }

    /** Whether an {@code Authorization} header carries this token; takes the same time wherever a wrong one differs. */
    boolean matches(@Nullable String authorization) {
        return authorization != null
                && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                && MessageDigest.isEqual(
                        hash, sha256(authorization.substring(SCHEME.length()).strip()));
    }

    private static byte[] sha256(String value) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(value.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
