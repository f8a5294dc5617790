package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.testkit.Assignment;
import dev.slipway.testkit.ContainerCount;
import dev.slipway.testkit.DockerEngine;
import dev.slipway.testkit.FakeControlPlane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged services with the docker backend, on a real engine. */
@SuppressWarnings("NullAway.Init") // made before each test
class DockerIT {
    private static final int IMAGES = 5;
    private static final int TASKS = 50;
    private static final int SLOTS = 10;

    /** Of an executor without runs: for the engine's events, its pulse, and one more. What is idle for some seconds is closed. */
    private static final int IDLE_CONNECTIONS = 3;

    @TempDir
    private Path directory;

    private @Nullable DockerEngine engine;
    private Slipway slipway;

    @BeforeEach
    void startEngine() throws IOException {
        assumeTrue(
                DockerEngine.obstacle().isEmpty(),
                () -> "the docker backend was not tried on a real engine: "
                        + DockerEngine.obstacle().orElse(""));
        DockerEngine docker = DockerEngine.start(Files.createTempDirectory("sw-docker"));
        engine = docker;
        slipway = new Slipway(directory).with("DOCKER_HOST", docker.host());
    }

    @AfterEach
    void stop() throws Exception {
        try {
            if (engine != null) {
                slipway.close();
            }
        } finally {
            if (engine != null) {
                engine.close();
            }
        }
    }

    @Test
    void aCommandOfOnesOwnRunsInAContainerOfTheImageThatIsNamed() throws Exception {
        docker().makeImage("own:1", root -> Files.writeString(root.resolve("own"), "of the image\n"));

        Slipway.Result result = slipway.run(
                "run",
                "--image",
                "own:1",
                "-e",
                "GREETING=hello",
                "--",
                "sh",
                "-c",
                "cat /own; echo $GREETING; exit 3");

        assertThat(result.exitCode()).as("%s", result).isEqualTo(3);
        assertThat(result.out()).isEqualTo("of the image\nhello\n");
        // What the services, which end with the command, had no time to remove, the next ones do.
        assertThat(slipway.run(Slipway.upOnFreePorts("--backend", "docker")).exitCode())
                .isZero();
        await().atMost(Slipway.PATIENCE)
                .until(() -> docker().docker("ps", "-aq").isEmpty()
                        && docker().docker("volume", "ls", "-q").isEmpty());
    }

    @Test
    void anAssignmentWithSidecarsAndAShapeRunsThroughAllServices() throws Exception {
        docker().makeImage("task:1", _ -> {});
        docker().makeBareImage(
                        "agent:1",
                        root -> DockerEngine.script(
                                root.resolve("entrypoint.sh"),
                                "cat /tools/motd; cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; touch /agent/x || touch /scratch/x && exit 7"));
        docker().makeBareImage("tools:1", root -> Files.writeString(root.resolve("motd"), "tools\n"));
        try (FakeControlPlane controlPlane = FakeControlPlane.start(Slipway.PATIENCE, 0)) {
            up(controlPlane);

            controlPlane.assign(Assignment.of("t")
                    .execution("e")
                    .image("task:1")
                    .with("sidecar_image", "agent:1")
                    .with(
                            "additional_sidecars",
                            List.of(
                                    Map.of("image", "tools:1", "mount_path", "/tools"),
                                    Map.of("image", "tools:1", "mount_path", "/scratch", "read_write", true)))
                    .with("instance_shape", Map.of("vcpus", 0.5, "memory_gb", 0.25)));

            assertThat(controlPlane.awaitFailed("t").failureReason()).contains("container_exit");
            assertThat(controlPlane.awaitFailed("t").exitCode()).hasValue(7);
            assertThat(slipway.run("logs", "e").out()).contains("tools\n", "268435456\n", "Read-only file system");
            await().atMost(Slipway.PATIENCE)
                    .until(() -> docker().docker("ps", "-aq").isEmpty());
        }
    }

    /** A container that has ended is removed when its end is recorded, and its slot is free by then: more may exist than run. */
    @Test
    void fiftyTasksOverFiveImagesNeverHaveMoreThanTenContainersAndLeaveNothing() throws Exception {
        for (int i = 0; i < IMAGES; i++) {
            int number = i;
            docker().makeBareImage(
                            "agent:" + i,
                            root -> DockerEngine.script(
                                    root.resolve("entrypoint.sh"),
                                    "until [ -e /gate/open ]; do sleep 0.1; done",
                                    "exit " + number));
        }
        docker().makeImage("task:1", _ -> {});
        Path gate = Files.createDirectory(directory.resolve("gate"));
        try (FakeControlPlane controlPlane = FakeControlPlane.start(Slipway.PATIENCE, 0);
                ContainerCount count = ContainerCount.start(docker(), "dev.slipway.kind", "run")) {
            up(controlPlane, "backend: {docker: {volumes: ['%s:/gate:ro']}}".formatted(gate), SLOTS);
            for (int i = 0; i < TASKS; i++) {
                controlPlane.assign(Assignment.of("t" + i)
                        .execution("e" + i)
                        .image("task:1")
                        .with("sidecar_image", "agent:" + i % IMAGES));
            }
            await().atMost(Slipway.PATIENCE)
                    .until(() -> docker().docker("ps", "-q").lines().count() >= SLOTS);
            Files.createFile(gate.resolve("open"));
            for (int i = 0; i < TASKS; i++) {
                if (i % IMAGES == 0) {
                    controlPlane.awaitCompleted("t" + i);
                } else {
                    assertThat(controlPlane.awaitFailed("t" + i).exitCode()).hasValue(i % IMAGES);
                }
            }
            await().atMost(Slipway.PATIENCE)
                    .until(() -> docker().docker("ps", "-aq").isEmpty());

            ContainerCount.Most most = count.most();
            assertThat(most.made()).isEqualTo(TASKS);
            assertThat(most.running()).isEqualTo(SLOTS);
            assertThat(most.open()).isEqualTo(SLOTS);
            assertThat(docker().docker("volume", "ls", "--format", "{{.Label \"dev.slipway.kind\"}}")
                            .lines())
                    .as("sidecars' files, what publishes them, and when they were last used")
                    .containsOnly("sidecar-files", "sidecar", "sidecar-use");
            assertThat(docker().docker("volume", "ls", "-q", "--filter", "label=dev.slipway.kind=sidecar-files")
                            .lines())
                    .hasSize(IMAGES);
            await().atMost(Slipway.PATIENCE).until(docker()::connections, open -> open <= IDLE_CONNECTIONS);
        }
        assertThat(slipway.run("down").exitCode()).isZero();
        await().atMost(Slipway.PATIENCE).until(() -> docker().connections() == 0);
    }

    @Test
    void aTaskOutlivesItsExecutorAndIsFinishedByTheNextOne() throws Exception {
        docker().makeImage("task:1", _ -> {});
        docker().makeBareImage(
                        "agent:1",
                        root -> DockerEngine.script(
                                root.resolve("entrypoint.sh"), "echo begun", "sleep 3", "echo done"));
        try (FakeControlPlane controlPlane = FakeControlPlane.start(Slipway.PATIENCE, 0)) {
            up(controlPlane);
            controlPlane.assign(
                    Assignment.of("t").execution("e").image("task:1").with("sidecar_image", "agent:1"));
            slipway.awaitState("e", "running");

            slipway.kill("executor-docker");
            assertThat(slipway.run("up").exitCode()).isZero();

            controlPlane.awaitCompleted("t");
            assertThat(slipway.run("logs", "e").out()).isEqualTo("begun\ndone\n");
        }
    }

    private void up(FakeControlPlane controlPlane) throws Exception {
        up(controlPlane, "backend: {docker: {}}", 2);
    }

    private void up(FakeControlPlane controlPlane, String backend, int slots) throws Exception {
        List<String> lines = List.of(
                "worker_id: acceptance",
                backend,
                "slipway: {docker: {pull_policy: never}}",
                "max_concurrent_tasks: " + slots);
        Path file = Files.write(directory.resolve("docker.yaml"), lines);
        Slipway.Result result = slipway.with("WARP_API_KEY", "key")
                .run(Slipway.upOnFreePorts(
                        "--config-file",
                        file.toString(),
                        "--web-socket-url",
                        controlPlane.uri().toString()));
        assertThat(result.exitCode()).as("%s", result).isZero();
        assertThat(slipway.services()).containsExactlyInAnyOrder("dispatcher", "connector", "executor-docker");
    }

    private DockerEngine docker() {
        if (engine == null) {
            throw new IllegalStateException("no engine was started");
        }
        return engine;
    }
}
