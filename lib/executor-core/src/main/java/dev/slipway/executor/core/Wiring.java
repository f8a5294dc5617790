package dev.slipway.executor.core;

import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.Internal;
import dev.slipway.settings.Settings;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.jackson.ObjectMapperCustomizer;
import io.quarkus.rest.client.reactive.QuarkusRestClientBuilder;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import jakarta.ws.rs.client.ClientRequestFilter;
import jakarta.ws.rs.core.HttpHeaders;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Puts an executor together from its configuration and the {@link Backend} that the service brings. */
@Singleton
final class Wiring {
    private static final long CONNECT_SECONDS = 3;

    /** Above the 3 s for which the dispatcher holds a call. */
    private static final long READ_SECONDS = 10;

    /** A task's payload may hold one string of a control-plane frame's full size, 32 MiB. */
    private static final int MAX_STRING = 64 << 20;

    @Produces
    @Singleton
    Clock clock() {
        return Clock.systemUTC();
    }

    @Produces
    @Singleton
    Settings settings(@ConfigProperty(name = "slipway.settings-file") Optional<Path> file) {
        return file.map(Settings::load).orElseGet(Settings::defaults);
    }

    @Produces
    @Singleton
    Identity identity(
            @ConfigProperty(name = "slipway.state-dir") Path stateDirectory,
            @ConfigProperty(name = "slipway.executor-kind") String kind,
            @ConfigProperty(name = "slipway.executor-id") Optional<String> id,
            Clock clock)
            throws IOException {
        return Identity.load(stateDirectory, BackendKind.ofWireName(kind), id, clock);
    }

    @Produces
    @Singleton
    ObjectMapperCustomizer longStrings() {
        return (ObjectMapper mapper) -> mapper.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxStringLength(MAX_STRING)
                        .build());
    }

    @Produces
    @Singleton
    Executor executor(
            Identity identity,
            Settings settings,
            Backend backend,
            MeterRegistry registry,
            Clock clock,
            Internal.ForExecutors dispatcher,
            @ConfigProperty(name = "slipway.dispatcher-url") URI url) {
        return new Executor(
                identity,
                settings.maxConcurrentTasks(),
                settings.slipway().stopsOnShutdown(),
                backend,
                dispatcher,
                new Metrics(registry),
                clock,
                new Connection(url.toString()));
    }

    void open(@Observes StartupEvent event, Executor executor) {
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            Termination.exitsWithZero();
        }
        executor.open();
    }

    /** In this order: calls that fail because they are cut off are then nothing to tell of any more. */
    void close(@Observes ShutdownEvent event, Executor executor, Internal.ForExecutors dispatcher) throws IOException {
        executor.close();
        if (dispatcher instanceof Closeable connections) {
            connections.close();
        }
    }

    @Produces
    @Singleton
    Internal.ForExecutors dispatcher(
            @ConfigProperty(name = "slipway.dispatcher-url") URI url,
            @ConfigProperty(name = "slipway.internal-token") String token) {
        ClientRequestFilter authorisation =
                request -> request.getHeaders().putSingle(HttpHeaders.AUTHORIZATION, "Bearer " + token);
        return QuarkusRestClientBuilder.newBuilder()
                .baseUri(url)
                .connectTimeout(CONNECT_SECONDS, TimeUnit.SECONDS)
                .readTimeout(READ_SECONDS, TimeUnit.SECONDS)
                .register(authorisation)
                .build(Internal.ForExecutors.class);
    }
}
