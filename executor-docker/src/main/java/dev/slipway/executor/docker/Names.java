package dev.slipway.executor.docker;

import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.ExecutionKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/** What a run's evidence is called at the engine, and the labels that say whose it is. Pure. */
final class Names {
    static final String KIND = "dev.slipway.kind";
    static final String EXECUTOR = "dev.slipway.executor";
    static final String LEDGER = "dev.slipway.ledger";
    static final String EXECUTION = "dev.slipway.execution";
    static final String ATTEMPT = "dev.slipway.attempt";
    static final String INCARNATION = "dev.slipway.incarnation";
    static final String TRACEPARENT = "dev.slipway.traceparent";
    static final String PROGRAM = "dev.slipway.program";
    static final String CLAIM = "dev.slipway.claim";
    static final String CONTAINER = "dev.slipway.container";

    /** What {@link #KIND} says of a run's container, and of the volumes that are marks of it. */
    static final String RUN = "run";

    static final String MARK = "mark";
    static final String STOP = "stop";

    static final String KEPT = ".kept";

    private static final int DIGEST_BYTES = 16;

    private Names() {}

    /** Of the run's container. Ids from outside are no part of it. */
    static String container(RunId run) {
        return "slipway-%s-%d"
                .formatted(
                        digest(run.ledger() + "\0" + run.key().execution()),
                        run.key().attempt());
    }

    /** Of the volume that says who has the right to start. */
    static String claim(RunId run) {
        return container(run) + ".claim";
    }

    /** Of the volume that says that the run never began although somebody had the right to start it. */
    static String unbegun(RunId run) {
        return container(run) + ".unbegun";
    }

    /** Of the volume that says that a stop has begun. */
    static String stop(RunId run) {
        return container(run) + ".stop";
    }

    /** Of a container that is kept although nobody will ask for it any more. */
    static String kept(RunId run) {
        return container(run) + KEPT;
    }

    /** The run that these labels name, if they name one. */
    static Optional<RunId> run(Map<String, String> labels) {
        try {
            return Optional.of(new RunId(
                    labels.getOrDefault(LEDGER, ""),
                    new ExecutionKey(
                            labels.getOrDefault(EXECUTION, ""), Integer.parseInt(labels.getOrDefault(ATTEMPT, "")))));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    static String digest(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, DIGEST_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
