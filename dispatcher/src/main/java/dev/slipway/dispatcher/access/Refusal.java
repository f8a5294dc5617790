package dev.slipway.dispatcher.access;

/** A call that is not served: answered as a problem document with this status and detail. */
public final class Refusal extends RuntimeException {
    private final int status;

    /** @param detail cause and remedy, for the caller; never a value it sent */
    public Refusal(int status, String detail) {
        super(detail, null, false, false);
        this.status = status;
    }

    public static Refusal invalid(String detail) {
        return new Refusal(400, detail);
    }

    public static Refusal notFound(String detail) {
        return new Refusal(404, detail);
    }

    public static Refusal conflict(String detail) {
        return new Refusal(409, detail);
    }

    public static Refusal tooLarge(String detail) {
        return new Refusal(413, detail);
    }

    public static Refusal unavailable(String detail) {
        return new Refusal(503, detail);
    }

    public int status() {
        return status;
    }
}
