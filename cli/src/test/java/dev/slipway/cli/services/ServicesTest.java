package dev.slipway.cli.services;

import static dev.slipway.cli.services.ServiceName.CONNECTOR;
import static dev.slipway.cli.services.ServiceName.DISPATCHER;
import static dev.slipway.cli.services.ServiceName.EXECUTOR_DIRECT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.cli.CliFailure;
import dev.slipway.cli.services.LaunchRequest.Owner;
import dev.slipway.protocol.SecretValue;
import dev.slipway.settings.Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On real processes: stand-ins for the services that only say that they are ready. */
class ServicesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path temp;

    private final List<String> notes = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private Services services;

    @BeforeEach
    void install() throws IOException {
        for (var service : ServiceName.values()) {
            pack(temp.resolve("root").resolve(service.wireName()).resolve("target/quarkus-app/quarkus-run.jar"));
        }
        environment.put("PATH", "/usr/bin:/bin");
        services = new Services(
                new StateDir(temp.resolve("state")), new Installation(temp.resolve("root")), environment, notes::add);
    }

    @AfterEach
    void stop() {
        services.down();
    }

    @Test
    void startsWhatIsWantedEachInItsOwnSession() throws IOException {
        var running = services.ensure(request(Owner.OPERATOR));

        assertThat(running.started()).containsExactly(DISPATCHER, EXECUTOR_DIRECT);
        assertThat(running.connected()).isFalse();
        assertThat(services.status()).hasSize(2).allMatch(Services.Status::ready);
        for (var service : running.env().services().values()) {
            var stat = Files.readString(Path.of("/proc", String.valueOf(service.pid()), "stat"));
            var session = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 5)[3];
            assertThat(session).isEqualTo(String.valueOf(service.pid()));
        }
    }

    @Test
    void startsTheConnectorWithAControlPlaneAndForgetsTheKeyAfterwards() throws IOException {
        var controlPlane =
                new ControlPlane(SecretValue.of("canary-key"), Optional.empty(), Optional.empty(), Optional.empty());
        services.ensure(new LaunchRequest(
                Optional.of(Settings.defaults()),
                Optional.of(controlPlane),
                PortWish.ANY,
                ListenAddress.loopback(0),
                LogLevel.INFO,
                Owner.OPERATOR));

        var pid = service(services.dir().envFile().orElseThrow(), CONNECTOR).pid();
        assertThat(Files.readString(Path.of("/proc", String.valueOf(pid), "cmdline")))
                .doesNotContain("canary");
        assertThat(services.down()).containsExactly(EXECUTOR_DIRECT, CONNECTOR, DISPATCHER);
        assertThat(Files.readString(services.dir().path().resolve("launch.json")))
                .doesNotContain("canary");
    }

    @Test
    void startsJustWhatHasDiedWithTheSamePortsAndTokens() throws Exception {
        var before = services.ensure(request(Owner.OPERATOR)).env();
        kill(before, EXECUTOR_DIRECT);
        assertThat(services.status())
                .filteredOn(status -> status.service() == EXECUTOR_DIRECT)
                .noneMatch(Services.Status::alive);

        var after = services.ensure(request(Owner.OPERATOR));

        assertThat(after.started()).containsExactly(EXECUTOR_DIRECT);
        assertThat(after.env().token()).isEqualTo(before.token());
        assertThat(after.env().api()).isEqualTo(before.api());
        assertThat(after.env().services().get(DISPATCHER))
                .isEqualTo(before.services().get(DISPATCHER));
        assertThat(service(after.env(), EXECUTOR_DIRECT).url())
                .isEqualTo(service(before, EXECUTOR_DIRECT).url());
        assertThat(services.ensure(request(Owner.OPERATOR)).started()).isEmpty();
    }

    @Test
    void aProcessThatReusesAPidIsNotTakenForAService() throws IOException {
        services.ensure(request(Owner.OPERATOR));
        services.down();
        services.dir()
                .write(LaunchPlanTest.remembered()
                        .withProcess(
                                DISPATCHER,
                                new LaunchRecord.ProcessMark(
                                        ProcessHandle.current().pid(), "an earlier time")));

        assertThat(services.anyAlive()).isFalse();
        assertThat(services.down()).isEmpty();
    }

    @Test
    void saysWhyAServiceDidNotStartAndLeavesNeitherTheOthersNorTheKeyBehind() throws IOException {
        services.ensure(request(Owner.OPERATOR));
        services.down();
        Files.createFile(services.dir().path().resolve("fail"));
        var controlPlane =
                new ControlPlane(SecretValue.of("canary-key"), Optional.empty(), Optional.empty(), Optional.empty());

        assertThatThrownBy(() -> services.ensure(new LaunchRequest(
                        Optional.empty(),
                        Optional.of(controlPlane),
                        PortWish.ANY,
                        ListenAddress.loopback(0),
                        LogLevel.INFO,
                        Owner.OPERATOR)))
                .isInstanceOf(CliFailure.class)
                .hasMessageContaining("did not start: it ended with code 7")
                .hasMessageContaining("ERROR the ledger is damaged");
        assertThat(services.anyAlive()).isFalse();
        assertThat(services.dir().envFile().orElseThrow().services()).isEmpty();
        assertThat(Files.readString(services.dir().path().resolve("launch.json")))
                .doesNotContain("canary");
    }

    @Test
    void aTakenApiPortIsAFailureAndATakenMetricsPortIsNot() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();

            assertThatThrownBy(() -> services.ensure(new LaunchRequest(
                            Optional.empty(),
                            Optional.empty(),
                            PortWish.only(port),
                            ListenAddress.loopback(0),
                            LogLevel.INFO,
                            Owner.OPERATOR)))
                    .hasMessageContaining("port %d".formatted(port))
                    .hasMessageContaining("--http-port");
            services.ensure(new LaunchRequest(
                    Optional.empty(),
                    Optional.empty(),
                    PortWish.ANY,
                    ListenAddress.loopback(port),
                    LogLevel.INFO,
                    Owner.OPERATOR));
            assertThat(notes).singleElement().asString().contains("port %d is in use".formatted(port));
        }
    }

    @Test
    void theLastUserStopsTheServicesOfARun() throws Exception {
        var first = services.use(request(Owner.RUN));
        var other = otherUser();

        first.close();
        assertThat(services.anyAlive()).isTrue();
        other.getOutputStream().close();
        assertThat(other.waitFor(30, TimeUnit.SECONDS)).isTrue();
        services.use(request(Owner.RUN)).close();
        assertThat(services.anyAlive()).isFalse();
    }

    /** Locks belong to processes: this is one that uses the services until its input ends. */
    private Process otherUser() throws IOException {
        var process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        OtherUser.class.getName(),
                        services.dir().path().toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertThat(process.getInputStream().read()).isEqualTo('.');
        return process;
    }

    /** The program of that process. */
    static final class OtherUser {
        private OtherUser() {}

        public static void main(String[] arguments) throws IOException {
            try (var _ = new StateDir(Path.of(arguments[0])).lockAsUser()) {
                System.out.write('.');
                System.out.flush();
                System.in.read();
            }
        }
    }

    @Test
    void servicesThatAnOperatorWantsStay() {
        try (var use = services.use(request(Owner.RUN))) {
            use.keepServices();
        }
        assertThat(services.anyAlive()).isTrue();
    }

    @Test
    void noticesWhenAServiceEnds() throws Exception {
        var env = services.ensure(request(Owner.OPERATOR)).env();
        assertThat(services.awaitEnd(Duration.ZERO)).isEmpty();

        kill(env, DISPATCHER);

        assertThat(services.awaitEnd(PATIENCE)).contains(new Services.End.Died(DISPATCHER));
    }

    @Test
    void aServiceThatWasStoppedDidNotEndByItself() {
        services.ensure(request(Owner.OPERATOR));
        var end = CompletableFuture.supplyAsync(() -> services.awaitEnd(PATIENCE));

        services.down();

        assertThat(end.join()).contains(new Services.End.Stopped());
    }

    @Test
    void workOfOnesOwnDoesNotWaitForAControlPlaneThatIsAway() throws Exception {
        services.ensure(request(Owner.OPERATOR));
        services.down();
        Files.createFile(services.dir().path().resolve("cut off"));
        var controlPlane =
                new ControlPlane(SecretValue.of("canary-key"), Optional.empty(), Optional.empty(), Optional.empty());

        services.ensure(new LaunchRequest(
                Optional.empty(),
                Optional.of(controlPlane),
                PortWish.ANY,
                ListenAddress.loopback(0),
                LogLevel.INFO,
                Owner.OPERATOR));

        assertThat(services.awaitConnection(Duration.ZERO)).isPresent();
        try (var use = services.use(request(Owner.RUN))) {
            assertThat(use.running().started()).isEmpty();
        }
        Files.delete(services.dir().path().resolve("cut off"));
        assertThat(services.awaitConnection(PATIENCE)).isEmpty();
    }

    @Test
    void tellsThatRunningServicesKeepTheirSettings() {
        services.ensure(request(Owner.OPERATOR));
        services.ensure(request(Owner.OPERATOR));
        assertThat(notes).isEmpty();

        services.ensure(new LaunchRequest(
                Optional.of(Settings.parse("cleanup: false")),
                Optional.empty(),
                PortWish.ANY,
                ListenAddress.loopback(0),
                LogLevel.INFO,
                Owner.OPERATOR));

        assertThat(notes).singleElement().asString().contains("slipway down");
    }

    @Test
    void doesNotPassForAnotherWorker() {
        services.ensure(worker("one"));
        services.ensure(worker("one"));

        assertThatThrownBy(() -> services.ensure(worker("two")))
                .isInstanceOf(CliFailure.class)
                .hasMessageContaining("as worker one")
                .hasMessageContaining("--state-dir");
    }

    private static LaunchRequest worker(String id) {
        return new LaunchRequest(
                Optional.of(Settings.parse("worker_id: " + id)),
                Optional.empty(),
                PortWish.ANY,
                ListenAddress.loopback(0),
                LogLevel.INFO,
                Owner.OPERATOR);
    }

    @Test
    void takesAnotherPortForTheApiUnlessOneIsAskedFor() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            services.ensure(new LaunchRequest(
                    Optional.empty(),
                    Optional.empty(),
                    PortWish.rather(taken.getLocalPort()),
                    ListenAddress.loopback(0),
                    LogLevel.INFO,
                    Owner.OPERATOR));

            assertThat(notes)
                    .singleElement()
                    .asString()
                    .contains("port %d is in use: the API is on port".formatted(taken.getLocalPort()));
        }
    }

    @Test
    void metricsGoToLoopbackWhereTheirHostIsNone() {
        var running = services.ensure(new LaunchRequest(
                Optional.empty(),
                Optional.empty(),
                PortWish.ANY,
                new ListenAddress("192.0.2.1", 0),
                LogLevel.INFO,
                Owner.OPERATOR));

        assertThat(running.env().metrics()).startsWith("http://127.0.0.1:");
        assertThat(notes).singleElement().asString().contains("192.0.2.1 is no address of this host");
    }

    @Test
    void saysWhatIsMissing() throws IOException {
        Files.delete(temp.resolve("root/executor-direct/target/quarkus-app/quarkus-run.jar"));
        assertThatThrownBy(() -> services.ensure(request(Owner.OPERATOR))).hasMessageContaining("./slipway");
        assertThat(services.anyAlive()).isFalse();

        environment.put("PATH", temp.toString());
        assertThatThrownBy(() -> services.ensure(request(Owner.OPERATOR))).hasMessageContaining("setsid");
    }

    private static LaunchRequest request(Owner owner) {
        return new LaunchRequest(
                Optional.of(Settings.defaults()),
                Optional.empty(),
                PortWish.ANY,
                ListenAddress.loopback(0),
                LogLevel.INFO,
                owner);
    }

    private static EnvFile.Service service(EnvFile env, ServiceName service) {
        return Optional.ofNullable(env.services().get(service)).orElseThrow();
    }

    private static void kill(EnvFile env, ServiceName service) throws Exception {
        var process = ProcessHandle.of(Optional.ofNullable(env.services().get(service))
                        .orElseThrow()
                        .pid())
                .orElseThrow();
        process.destroyForcibly();
        process.onExit().get(30, TimeUnit.SECONDS);
    }

    private static void pack(Path jar) throws IOException {
        Files.createDirectories(jar.getParent());
        var manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, StandIn.class.getName());
        try (var out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            var entry = StandIn.class.getName().replace('.', '/') + ".class";
            out.putNextEntry(new JarEntry(entry));
            try (var in = StandIn.class.getClassLoader().getResourceAsStream(entry)) {
                java.util.Objects.requireNonNull(in).transferTo(out);
            }
        }
    }
}
