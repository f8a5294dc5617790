package dev.slipway.dispatcher.access;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import dev.slipway.protocol.Api.Problem;
import io.netty.handler.codec.http.HttpResponseStatus;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/** Every error as an RFC 9457 problem document, without stack traces and without what the caller sent. */
public class Problems {
    static final String MEDIA_TYPE = "application/problem+json";

    private static final Logger LOG = Logger.getLogger(Problems.class);
    private static final String RETRY_AFTER_SECONDS = "1";

    static Problem of(int status, String detail) {
        return new Problem("about:blank", HttpResponseStatus.valueOf(status).reasonPhrase(), status, detail);
    }

    private static Response response(int status, String detail) {
        var response = Response.status(status).type(MEDIA_TYPE).entity(of(status, detail));
        if (status == 429 || status == 503) {
            response.header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        return response.build();
    }

    @ServerExceptionMapper
    public Response refused(Refusal refusal) {
        return response(refusal.status(), String.valueOf(refusal.getMessage()));
    }

    /** The second one is named because Quarkus has an answer of its own for it. */
    @ServerExceptionMapper({JsonProcessingException.class, MismatchedInputException.class})
    public Response malformed(JsonProcessingException e) {
        return response(400, unreadable(e));
    }

    @ServerExceptionMapper
    public Response failed(WebApplicationException e) {
        if (e.getCause() instanceof JsonProcessingException json) {
            return malformed(json);
        }
        int status = e.getResponse().getStatus();
        return response(status, detail(status));
    }

    /** Bodies are written while they are made: this is how a caller who has left is noticed. */
    @ServerExceptionMapper
    public Response left(IOException e) {
        LOG.debug("A caller left before it had all of its answer", e);
        return response(500, "The answer could not be written.");
    }

    @ServerExceptionMapper
    public Response unexpected(Throwable e) {
        LOG.error("A call failed unexpectedly; its caller was answered 500", e);
        return response(500, "Something unexpected happened here. The dispatcher's log says what.");
    }

    static String detail(int status) {
        return switch (status) {
            case 400 -> "The request is malformed.";
            case 404 -> "There is nothing at this path. /api/v1/openapi lists what there is.";
            case 405 -> "This path does not take this method. /api/v1/openapi lists what it takes.";
            case 406 -> "This path has no form that the Accept header allows.";
            case 413 -> "The body is larger than what is taken; a task has at most 32 MiB.";
            case 415 -> "Send the body as application/json.";
            default -> "The request was not served.";
        };
    }

    /** Names the field at fault by its path's first step: deeper ones can be names that the caller made up. */
    private static String unreadable(JsonProcessingException e) {
        @Nullable
        String field =
                e instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()
                        ? mapping.getPath().getFirst().getFieldName()
                        : null;
        return field == null
                ? "The body is not the JSON that this path takes. /api/v1/openapi describes it."
                : "The value of \"" + field
                        + "\" in the body is not one that this path takes. /api/v1/openapi describes it.";
    }
}
