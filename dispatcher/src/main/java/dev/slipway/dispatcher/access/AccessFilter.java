package dev.slipway.dispatcher.access;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** Stands before every route of the HTTP port, those included that no resource class knows of. */
@Singleton
public class AccessFilter {
    /** Before everything else that Quarkus or its extensions install. */
    private static final int FIRST = 10_000;

    /** How many of the largest bodies may be taken in at the same time; the heap that {@code slipway up} gives is made for it. */
    private static final int LARGEST_AT_ONCE = 2;

    private final Doorkeeper doorkeeper;
    private final long maxBody;
    private final Inflow inflow;
    private final ObjectMapper json;

    AccessFilter(
            AccessConfig config,
            @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize maxBody,
            ObjectMapper json) {
        this.json = json;
        this.maxBody = maxBody.asLongValue();
        this.inflow = new Inflow(LARGEST_AT_ONCE * this.maxBody);
        try {
            doorkeeper = new Doorkeeper(config);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()));
        }
    }

    void install(@Observes Filters filters) {
        filters.register(this::handle, FIRST);
    }

    private void handle(RoutingContext call) {
        @Nullable HostAndPort authority = call.request().authority();
        Optional<Refusal> refusal = doorkeeper
                .check(
                        authority == null ? null : authority.host(),
                        call.normalizedPath(),
                        call.request().getHeader(HttpHeaders.AUTHORIZATION))
                .or(() -> tooLarge(call.request().getHeader(HttpHeaders.CONTENT_LENGTH)));
        if (refusal.isPresent()) {
            refuse(call, refusal.get());
            return;
        }
        Optional<Runnable> room = inflow.take(size(call.request()));
        if (room.isEmpty()) {
            refuse(call, Refusal.unavailable("Other large tasks are being taken in. Try again in a second."));
            return;
        }
        call.addEndHandler(_ -> room.get().run());
        call.next();
    }

    /** A body whose size is not told in advance may be as large as any. */
    private long size(HttpServerRequest request) {
        @Nullable String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return length != null
                ? Long.parseLong(length)
                : request.headers().contains(HttpHeaders.TRANSFER_ENCODING) ? maxBody : 0;
    }

    /** The port refuses it too, but says nothing. */
    private Optional<Refusal> tooLarge(@Nullable String contentLength) {
        try {
            return contentLength != null && Long.parseLong(contentLength) > maxBody
                    ? Optional.of(Refusal.tooLarge(Problems.detail(413)))
                    : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.of(Refusal.invalid(Problems.detail(400)));
        }
    }

    private void refuse(RoutingContext call, Refusal refusal) {
        var response = call.response()
                .setStatusCode(refusal.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, Problems.MEDIA_TYPE)
                .putHeader(HttpHeaders.CONNECTION, "close"); // the body of the call stays unread
        if (refusal.status() == 401) {
            response.putHeader("WWW-Authenticate", "Bearer");
        }
        response.end(text(refusal));
    }

    private String text(Refusal refusal) {
        try {
            return json.writeValueAsString(Problems.of(refusal.status(), String.valueOf(refusal.getMessage())));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a problem document is always valid JSON", e);
        }
    }
}
