package dev.slipway.executor.docker;

/** The engine has answered, and refuses. */
final class EngineRefusal extends Exception {
    private final int status;

    /** @param words the engine's own */
    EngineRefusal(int status, String words) {
        super(words);
        this.status = status;
    }

    /** As in HTTP. */
    int status() {
        return status;
    }

    String words() {
        return String.valueOf(getMessage());
    }

    boolean isMissing() {
        return status == 404;
    }

    boolean isConflict() {
        return status == 409;
    }

    /** Whether a proxy in front of the engine may have given it: what the engine does about the call is then not known. */
    boolean isFromBetween() {
        return status >= 502 && status <= 504;
    }
}
