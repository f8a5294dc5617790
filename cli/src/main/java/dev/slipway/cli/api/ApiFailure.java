package dev.slipway.cli.api;

/** The API refused a call, or could not be reached; the message says why and what helps. */
public final class ApiFailure extends RuntimeException {
    /** The status of a call that got no answer. */
    public static final int UNREACHABLE = 0;

    private final int status;

    ApiFailure(int status, String message) {
        super(message);
        this.status = status;
    }

    /** The HTTP status, or {@link #UNREACHABLE}. */
    public int status() {
        return status;
    }

    /** Whether the call may have been carried out all the same. */
    public boolean isFateUnknown() {
        return status == UNREACHABLE || status >= 500;
    }

    /** Whether the same call may succeed a little later. */
    public boolean mayPass() {
        return status == UNREACHABLE || status == 503 || status == 429;
    }
}
