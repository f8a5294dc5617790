package dev.slipway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code slipway}, in a project of its own whose Java prints what it is started with. */
class LauncherTest {
    private static final Path REAL_ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final List<String> JARS = List.of(
            "dispatcher/target/quarkus-app/quarkus-run.jar",
            "connector/target/quarkus-app/quarkus-run.jar",
            "executor-direct/target/quarkus-app/quarkus-run.jar",
            "executor-docker/target/quarkus-app/quarkus-run.jar",
            "executor-k8s/target/quarkus-app/quarkus-run.jar",
            "cli/target/cli.jar");

    @TempDir
    private Path temp;

    private Path root;

    private record Result(int exitCode, String out, String err) {}

    @BeforeEach
    void prepare() throws IOException {
        root = Files.createDirectories(temp.resolve("a project"));
        Files.createDirectories(root.resolve(".mvn"));
        for (var file : List.of("slipway", ".mvn/find-jdk.sh")) {
            Files.copy(REAL_ROOT.resolve(file), root.resolve(file), StandardCopyOption.COPY_ATTRIBUTES);
        }
        script(temp.resolve("jdk/bin/javac"), "");
        script(temp.resolve("jdk/bin/java"), """
                for argument; do echo "argument $argument"; done
                echo "directory $PWD"
                env | grep '^SLIPWAY_ARG_'
                exit 42
                """);
        Files.writeString(temp.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\n");
        script(
                root.resolve("mvnw"),
                "echo \"mvnw $*\" >>\"$(dirname \"$0\")/built\"; cd \"$(dirname \"$0\")\"\n"
                        + String.join(
                                "\n",
                                JARS.stream()
                                        .map(jar -> "mkdir -p \"$(dirname '%s')\"; touch '%s'".formatted(jar, jar))
                                        .toList()));
        Files.createDirectories(root.resolve("cli/src/main"));
        Files.writeString(root.resolve("cli/src/main/Main.java"), "");
    }

    @Test
    void buildsTheFirstTimeOnlyAndSaysSo() throws Exception {
        var first = slipway("ps");
        var second = slipway("run", "x");

        assertThat(first.exitCode()).as(first.err()).isEqualTo(42);
        assertThat(first.err()).isEqualTo("Building Slipway (the first time this takes about a minute)...\n");
        assertThat(second.err()).isEmpty();
        assertThat(builds()).hasSize(1);
    }

    @Test
    void buildsAgainWhenASourceIsNewer() throws Exception {
        slipway("run", "x");
        touchLater(root.resolve("cli/src/main/Main.java"));

        assertThat(slipway("ps").err())
                .as("a build now could disturb services that run")
                .isEmpty();
        assertThat(slipway("run", "x").err()).contains("Building");
        assertThat(builds()).hasSize(2);
    }

    @Test
    void doesNotTakeTheJarsFromUnderServicesThatRun() throws Exception {
        slipway("run", "x");
        touchLater(root.resolve("cli/src/main/Main.java"));
        var service = new ProcessBuilder(
                        "sh", "-c", "read _", root.resolve(JARS.getFirst()).toString())
                .start();

        var meanwhile = slipway("run", "x");
        service.getOutputStream().close();
        service.waitFor();

        assertThat(meanwhile.exitCode()).isEqualTo(42);
        assertThat(meanwhile.err()).contains("older build", "slipway down");
        assertThat(builds()).hasSize(1);
        assertThat(slipway("run", "x").err()).contains("Building");
    }

    @Test
    void buildsAgainWhenASourceIsGone() throws Exception {
        slipway("run", "x");
        Files.delete(root.resolve("cli/src/main/Main.java"));
        touchLater(root.resolve("cli/src/main"));

        assertThat(slipway("up").err()).contains("Building");
    }

    @Test
    void twoAtOnceBuildOnce() throws Exception {
        var first = start(root.resolve("slipway"), "ps");
        var second = start(root.resolve("slipway"), "ps");

        assertThat(result(first).exitCode()).isEqualTo(42);
        assertThat(result(second).exitCode()).isEqualTo(42);
        assertThat(builds()).hasSize(1);
    }

    @Test
    void aLockOfAKilledBuildIsNoObstacle() throws Exception {
        Files.createDirectories(root.resolve("target"));
        var dead = new ProcessBuilder("true").start();
        dead.waitFor();
        Files.createSymbolicLink(root.resolve("target/slipway-build.lock"), Path.of(String.valueOf(dead.pid())));

        assertThat(slipway("ps").exitCode()).isEqualTo(42);
    }

    @Test
    void showsWhyABuildFailedAndKeepsToTheCommandsExitCodes() throws Exception {
        script(root.resolve("mvnw"), "echo 'cannot find symbol'; exit 1\n");

        var run = slipway("run", "--", "true");
        var status = slipway("status");

        assertThat(run.exitCode()).isEqualTo(125);
        assertThat(run.err()).contains("cannot find symbol", "the build failed");
        assertThat(status.exitCode()).isEqualTo(1);
        assertThat(Files.exists(root.resolve("target/slipway-build.lock"), LinkOption.NOFOLLOW_LINKS))
                .isFalse();
    }

    @Test
    void keepsArgumentsAndTheCallersDirectoryAlsoThroughALink() throws Exception {
        var link = Files.createSymbolicLink(temp.resolve("link"), Path.of("a project/slipway"));

        var result = result(start(link, "run", "--", "sh", "-c", "a  b\nc", "", "*", "-e", "K=v"));

        assertThat(result.exitCode()).isEqualTo(42);
        assertThat(result.out())
                .contains("argument -c\nargument a  b\nc\nargument \nargument *\nargument -e\nargument K=v\n")
                .contains("argument " + root.toRealPath().resolve("cli/target/cli.jar"))
                .contains("directory " + temp.toRealPath());
    }

    @Test
    void takesFlagsAloneForThoseOfTheWorkerDaemon() throws Exception {
        assertThat(slipway("--api-key", "canary", "--worker-id", "w").out())
                .contains(
                        "argument up\nargument --foreground\nargument --api-key\nargument SLIPWAY_ARG_1\nargument --worker-id")
                .contains("SLIPWAY_ARG_1=canary\n");
        assertThat(slipway("--help").out()).contains("cli.jar\nargument --help\ndirectory");
    }

    @Test
    void movesSecretsIntoTheEnvironment() throws Exception {
        var result = slipway(
                "up",
                "--api-key",
                "canary 1",
                "--api-key=canary2",
                "-e",
                "A=canary'3\"",
                "--env=B=canary4",
                "-eC=canary5",
                "--env",
                "D=$(canary6)",
                "--worker-id",
                "plain");

        assertThat(result.out().lines().filter(line -> line.startsWith("argument ")))
                .containsSubsequence(
                        "argument up",
                        "argument --api-key",
                        "argument SLIPWAY_ARG_1",
                        "argument SLIPWAY_ARG_2",
                        "argument -e",
                        "argument SLIPWAY_ARG_3",
                        "argument SLIPWAY_ARG_4",
                        "argument SLIPWAY_ARG_5",
                        "argument --env",
                        "argument SLIPWAY_ARG_6",
                        "argument --worker-id",
                        "argument plain")
                .noneMatch(line -> line.contains("canary"));
        assertThat(result.out())
                .contains(
                        "SLIPWAY_ARG_1=canary 1\n",
                        "SLIPWAY_ARG_2=--api-key=canary2\n",
                        "SLIPWAY_ARG_3=A=canary'3\"\n",
                        "SLIPWAY_ARG_4=--env=B=canary4\n",
                        "SLIPWAY_ARG_5=-eC=canary5\n",
                        "SLIPWAY_ARG_6=D=$(canary6)\n");
    }

    private List<String> builds() throws IOException {
        return Files.readAllLines(root.resolve("built"));
    }

    private static void touchLater(Path file) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2100-01-01T00:00:00Z")));
    }

    private Result slipway(String... arguments) throws Exception {
        return result(start(root.resolve("slipway"), arguments));
    }

    private Process start(Path launcher, String... arguments) throws IOException {
        return builder(launcher, arguments).start();
    }

    private ProcessBuilder builder(Path launcher, String... arguments) {
        var command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).directory(temp.toFile());
        builder.environment().put("JAVA_HOME", temp.resolve("jdk").toString());
        return builder;
    }

    private static Result result(Process process) throws Exception {
        process.getOutputStream().close();
        var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        var err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), out, err);
    }

    private static void script(Path file, String body) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + body);
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}
