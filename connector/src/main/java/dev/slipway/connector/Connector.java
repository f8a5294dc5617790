package dev.slipway.connector;

import dev.slipway.connector.dispatcher.Presence;
import dev.slipway.connector.dispatcher.RestDispatcher;
import dev.slipway.connector.dispatcher.SyncLoop;
import dev.slipway.connector.egress.EgressFault;
import dev.slipway.connector.egress.Route;
import dev.slipway.connector.egress.Surroundings;
import dev.slipway.connector.intake.Intake;
import dev.slipway.connector.intake.Traces;
import dev.slipway.connector.link.ControlPlane;
import dev.slipway.connector.link.LinkSettings;
import dev.slipway.connector.link.Timing;
import dev.slipway.connector.outbox.Post;
import dev.slipway.connector.wire.AgentDefaults;
import dev.slipway.protocol.SecretValue;
import dev.slipway.settings.InvalidSettings;
import dev.slipway.settings.Settings;
import io.opentelemetry.api.trace.Tracer;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The connector as a whole: put together, started and stopped in order. */
@ApplicationScoped
public class Connector {
    private static final Logger LOG = Logger.getLogger(Connector.class);

    /** For the last frames; together with the other steps it stays within the time that supervisors give. */
    private static final Duration FLUSH = Duration.ofSeconds(3);

    /** For the dispatcher: it rejects what it does not answer in that time. */
    private static final Duration ANSWERING = Duration.ofSeconds(5);

    private record Running(
            HttpClient http,
            RestDispatcher dispatcher,
            Presence presence,
            SyncLoop syncLoop,
            ControlPlane controlPlane,
            Intake intake) {}

    private final ConnectorConfig config;
    private final Function<String, Optional<SecretValue>> environment;
    private final Tracer tracer;
    private volatile @Nullable Running running;

    @Inject
    Connector(ConnectorConfig config, ProcessEnvironment environment, Tracer tracer) {
        this(config, environment::variable, tracer);
    }

    /** @param environment the value of the variable with that name; absent also if it is empty */
    Connector(ConnectorConfig config, Function<String, Optional<SecretValue>> environment, Tracer tracer) {
        this.config = config;
        this.environment = environment;
        this.tracer = tracer;
    }

    /** @throws Misconfigured if it cannot work as it is configured */
    public void start() {
        Settings settings = settings();
        String workerId = workerId(settings);
        SecretValue apiKey =
                bearer(environment.apply("WARP_API_KEY"), "WARP_API_KEY", "no API key is given: set WARP_API_KEY");
        SecretValue token = bearer(
                config.internalToken(),
                "SLIPWAY_INTERNAL_TOKEN",
                "no internal token is given: set SLIPWAY_INTERNAL_TOKEN to the dispatcher's");
        URI webSocketUrl = webSocketUrl();
        Route route = route(webSocketUrl);
        AgentDefaults defaults = new AgentDefaults(
                config.serverRootUrl().orElse(""), settings.idleOnComplete(), config.sessionSharingServerUrl());

        InstantSource time = new SteadyTime(Clock.systemUTC());
        Post post = new Post();
        Presence presence = new Presence(time);
        RestDispatcher dispatcher = new RestDispatcher(
                config.dispatcherUrl(), token, config.connectorId().orElse(workerId));
        Intake intake = new Intake(dispatcher, post, defaults, new Traces(tracer), presence::incarnation, time);
        HttpClient http = route.applyTo(HttpClient.newBuilder())
                .connectTimeout(config.controlPlane().handshakeTimeout())
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();
        ControlPlane controlPlane = new ControlPlane(
                LinkSettings.of(webSocketUrl, workerId, apiKey, route.proxy(), timing()),
                http,
                post,
                () -> presence.isWithin(config.controlPlane().dispatcherAway()),
                intake::accept,
                time,
                new SecureRandom());
        presence.listen(controlPlane::wake);
        SyncLoop syncLoop = new SyncLoop(dispatcher, post, controlPlane::state, presence, time);
        route.proxy().ifPresent(proxy -> LOG.infof("The way to the control plane is the proxy %s", proxy.shown()));
        running = new Running(http, dispatcher, presence, syncLoop, controlPlane, intake);
        syncLoop.start();
        controlPlane.start();
    }

    /**
     * First nothing new is taken, then the control plane hears what is ready for it, then the dispatcher what was
     * confirmed; each step is bounded, and what is not done is done after the next start.
     */
    public void stop() throws InterruptedException {
        Running parts = running;
        if (parts == null) {
            return;
        }
        running = null;
        parts.intake.stop();
        parts.controlPlane.stop(FLUSH);
        parts.syncLoop.stop();
        parts.dispatcher.close();
        parts.http.shutdownNow();
    }

    boolean isConnected() {
        Running parts = running;
        return parts != null && parts.controlPlane.state().connected();
    }

    boolean isDispatcherAnswering() {
        Running parts = running;
        return parts != null && parts.presence.isWithin(ANSWERING);
    }

    private URI webSocketUrl() {
        try {
            URI url = new URI(config.webSocketUrl().strip());
            if (Set.of("ws", "wss").contains(String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT))
                    && url.getHost() != null
                    && url.getRawUserInfo() == null) {
                return url;
            }
        } catch (URISyntaxException notAUrl) {
            // as below
        }
        throw new Misconfigured(
                "the control plane's URL is none of a WebSocket without a user in it: set"
                        + " --web-socket-url (SLIPWAY_WEB_SOCKET_URL) to one like wss://oz.warp.dev/api/v1/selfhosted/worker/ws");
    }

    private Route route(URI webSocketUrl) {
        try {
            return Route.to(webSocketUrl, Surroundings.of(environment));
        } catch (EgressFault fault) {
            throw new Misconfigured(String.valueOf(fault.getMessage()));
        }
    }

    private Timing timing() {
        ConnectorConfig.Link link = config.controlPlane();
        return new Timing(link.pingInterval(), link.deadAfter(), link.writeTimeout(), link.handshakeTimeout());
    }

    private Settings settings() {
        try {
            return config.settingsFile().map(Settings::load).orElseGet(Settings::defaults);
        } catch (InvalidSettings invalid) {
            throw new Misconfigured(String.valueOf(invalid.getMessage()));
        }
    }

    private String workerId(Settings settings) {
        String workerId = settings.workerId()
                .or(config::workerId)
                .filter(id -> !id.isBlank())
                .orElseThrow(() -> new Misconfigured("worker-id is required (via --worker-id flag or config file)"));
        if (workerId.startsWith("warp")) {
            throw new Misconfigured("invalid worker-id: values starting with 'warp' are reserved and cannot be used");
        }
        return workerId;
    }

    /** A secret that is sent in a header: one that cannot be would be repeated in the words of whoever refuses it. */
    private static SecretValue bearer(Optional<SecretValue> given, String name, String otherwise) {
        String secret = given.map(SecretValue::reveal).orElse("").strip();
        if (secret.isEmpty()) {
            throw new Misconfigured(otherwise);
        }
        if (!secret.chars().allMatch(c -> c >= ' ' && c <= '~')) {
            throw new Misconfigured(name + " holds a control character or one beyond ASCII, so it cannot be sent:"
                    + " copy it again, as one line and without anything around it");
        }
        return SecretValue.of(secret);
    }
}
