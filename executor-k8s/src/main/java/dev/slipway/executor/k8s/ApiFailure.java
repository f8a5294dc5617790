package dev.slipway.executor.k8s;

import java.io.IOException;

/** The API server refused a request, or did not answer it. */
final class ApiFailure extends IOException {
    private final int code;

    /** @param code of HTTP; 0 if there was no answer */
    ApiFailure(String message, int code, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    int code() {
        return code;
    }

    /** Whether the server certainly did not do what was asked, and will not do it later either. */
    boolean isRefusal() {
        return code >= 400 && code < 500 && code != 401 && code != 408 && code != 409 && code != 429;
    }
}
