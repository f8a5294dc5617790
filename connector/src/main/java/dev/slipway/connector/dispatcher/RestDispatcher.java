package dev.slipway.connector.dispatcher;

import dev.slipway.protocol.Api;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.Internal;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSubmission;
import io.quarkus.rest.client.reactive.QuarkusRestClientBuilder;
import jakarta.ws.rs.ProcessingException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.client.ClientRequestFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The dispatcher over its REST API. */
public final class RestDispatcher implements Dispatcher, AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final Duration ANSWER = Duration.ofSeconds(5);

    /** A sync may be held for 3 s before it is answered. */
    private static final Duration HELD_ANSWER = Duration.ofSeconds(8);

    private final String connectorId;
    private final Internal.ForConnectors calls;
    private final Internal.ForConnectors heldCalls;

    public RestDispatcher(URI url, SecretValue token, String connectorId) {
        this.connectorId = connectorId;
        this.calls = client(url, token, ANSWER);
        this.heldCalls = client(url, token, HELD_ANSWER);
    }

    private static Internal.ForConnectors client(URI url, SecretValue token, Duration answer) {
        ClientRequestFilter authorize =
                request -> request.getHeaders().putSingle(HttpHeaders.AUTHORIZATION, "Bearer " + token.reveal());
        return QuarkusRestClientBuilder.newBuilder()
                .baseUri(url)
                .connectTimeout(CONNECT.toMillis(), TimeUnit.MILLISECONDS)
                .readTimeout(answer.toMillis(), TimeUnit.MILLISECONDS)
                .register(authorize)
                .build(Internal.ForConnectors.class);
    }

    @Override
    public ConnectorSync.Answer sync(ConnectorSync sync) throws Refusal, NoAnswer {
        return call(() -> heldCalls.sync(connectorId, sync));
    }

    @Override
    public TaskSubmission.Taken submit(TaskSubmission submission) throws Refusal, NoAnswer {
        return call(() -> calls.submit(submission)).taken();
    }

    @Override
    public int cancel(String taskId) throws Refusal, NoAnswer {
        return call(() -> calls.cancel(taskId)).cancelled();
    }

    /** Ends the calls that are still held, which would otherwise fail when their event loop goes. */
    @Override
    public void close() {
        for (Internal.ForConnectors client : List.of(calls, heldCalls)) {
            try {
                ((Closeable) client).close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static <T> T call(Supplier<T> call) throws Refusal, NoAnswer {
        try {
            return call.get();
        } catch (WebApplicationException refused) {
            throw refusal(refused.getResponse());
        } catch (ProcessingException wrapped) {
            throw new NoAnswer(wrapped.getCause() == null ? wrapped : wrapped.getCause());
        } catch (RuntimeException unwrapped) {
            // The client lets some failures of the connection through as they are.
            throw new NoAnswer(unwrapped);
        }
    }

    private static Refusal refusal(Response response) {
        return new Refusal(response.getStatus(), detail(response));
    }

    private static String detail(Response response) {
        String unexplained = "the dispatcher answered with HTTP status " + response.getStatus();
        try {
            Api.Problem problem = response.readEntity(Api.Problem.class);
            return problem == null
                            || problem.detail() == null
                            || problem.detail().isBlank()
                    ? unexplained
                    : problem.detail();
        } catch (RuntimeException notAProblemDocument) {
            return unexplained;
        }
    }
}
