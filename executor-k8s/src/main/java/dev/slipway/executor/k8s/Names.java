package dev.slipway.executor.k8s;

import dev.slipway.protocol.ExecutionKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** Makes names that Kubernetes takes of ids that may hold anything. */
final class Names {
    private static final int LONGEST = 63;
    private static final int SUFFIX = 8;
    private static final int HASH_BYTES = 8;

    private Names() {}

    /**
     * What the Job of a run may be called: the usual name, and the one to take when another execution has that. Both are the
     * same whenever they are asked for.
     */
    static List<String> ofJob(String taskId, ExecutionKey key) {
        String execution = dashed(key.execution());
        String end = or(trimmed(execution.substring(Math.max(0, execution.length() - SUFFIX)), '-'), "exec");
        String attempt = key.attempt() == 1 ? "" : "-a" + key.attempt();
        return List.of(
                ofJob(taskId, "-exec-" + end + attempt),
                ofJob(taskId, "-exec-" + end + "-" + hash(key.execution()) + attempt));
    }

    private static String ofJob(String taskId, String end) {
        String start = "oz-task-";
        String run = or(dashed(taskId), "run");
        String cut = run.substring(0, Math.min(run.length(), LONGEST - start.length() - end.length()));
        return start + trimmed(cut, '-') + end;
    }

    /** What a label may hold of an id. */
    static String label(String id) {
        StringBuilder label = new StringBuilder();
        for (char c : id.toLowerCase(Locale.ROOT).toCharArray()) {
            label.append(isPlain(c) || c == '-' || c == '_' || c == '.' ? c : '-');
        }
        String whole = trimmed(label.toString(), '-', '_', '.');
        return or(trimmed(whole.substring(0, Math.min(whole.length(), LONGEST)), '-', '_', '.'), "unknown");
    }

    /** Tells ids apart of which a label does not show enough. */
    static String hash(String id) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static String dashed(String id) {
        StringBuilder dashed = new StringBuilder();
        for (char c : id.toLowerCase(Locale.ROOT).toCharArray()) {
            dashed.append(isPlain(c) ? c : '-');
        }
        return trimmed(dashed.toString(), '-');
    }

    private static boolean isPlain(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    }

    private static String trimmed(String text, char... ends) {
        String all = new String(ends);
        int from = 0;
        int to = text.length();
        while (from < to && all.indexOf(text.charAt(from)) >= 0) {
            from++;
        }
        while (to > from && all.indexOf(text.charAt(to - 1)) >= 0) {
            to--;
        }
        return text.substring(from, to);
    }

    private static String or(String text, String otherwise) {
        return text.isEmpty() ? otherwise : text;
    }
}
