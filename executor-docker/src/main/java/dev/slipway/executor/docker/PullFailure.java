package dev.slipway.executor.docker;

import dev.slipway.protocol.Cause;
import java.util.List;
import java.util.Locale;

/** What the engine's words about a pull mean: its status codes tell little, and differ between versions. Pure. */
final class PullFailure {
    private static final List<String> PLATFORM =
            List.of("no matching manifest", "does not match the specified platform");
    private static final List<String> DENIED = List.of(
            "unauthorized", "no basic auth credentials", "authentication required", "incorrect username or password");
    private static final List<String> MISSING = List.of(
            "manifest unknown",
            "manifest for ",
            "name unknown",
            "not found",
            "does not exist",
            "access denied",
            "access to the resource is denied");

    private PullFailure() {}

    static Cause cause(int status, String words) {
        String lower = words.toLowerCase(Locale.ROOT);
        if (Verdict.isDiskFull(words)) {
            return Cause.ENGINE_DISK_FULL;
        }
        if (says(lower, PLATFORM)) {
            return Cause.IMAGE_PLATFORM;
        }
        if (says(lower, DENIED)) {
            return Cause.IMAGE_DENIED;
        }
        return status == 404 || says(lower, MISSING) ? Cause.IMAGE_MISSING : Cause.IMAGE_PULL_FAILED;
    }

    private static boolean says(String words, List<String> any) {
        return any.stream().anyMatch(words::contains);
    }
}
