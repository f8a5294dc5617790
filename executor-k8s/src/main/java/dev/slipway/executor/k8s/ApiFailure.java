package dev.slipway.executor.k8s;

import java.io.IOException;

/** The API server refused a request, or did not answer it. */
final class ApiFailure extends IOException {
    private static final int FORBIDDEN = 403;

    private final int code;

    /** @param code of HTTP; 0 if there was no answer */
    ApiFailure(String message, int code, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    int code() {
        return code;
    }

    /** Whether the account has no right to make this, as the server sees it now; admission rules answer with the same code. */
    boolean isForbidden() {
        return code == FORBIDDEN && String.valueOf(getMessage()).contains(" cannot create resource ");
    }

    /** Whether the server certainly did not do what was asked, and will not do it later either. */
    boolean isRefusal() {
        return code >= 400 && code < 500 && code != 401 && code != 408 && code != 409 && code != 429;
    }
}
