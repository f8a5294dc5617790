package dev.slipway.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlagsTest {
    private static final Settings FILE = Settings.parse("""
            worker_id: from-file
            cleanup: true
            max_concurrent_tasks: 4
            idle_on_complete: 5m
            backend:
              direct:
                target_dir: /file
                environment:
                  - {name: A, value: file}
                  - {name: B, value: file}
            """);

    @Test
    void flagsWinOverTheFile() {
        var merged = FILE.with(new Flags(Optional.empty(), "from-flag", true, 9, "1h", "/flag", List.of(), List.of()));

        assertThat(merged.workerId()).contains("from-flag");
        assertThat(merged.cleanup()).isFalse();
        assertThat(merged.maxConcurrentTasks()).isEqualTo(9);
        assertThat(merged.idleOnComplete()).contains("1h");
        assertThat(merged.directOrDefaults().targetDir()).contains(Path.of("/flag"));
    }

    @Test
    void zeroAndEmptyFlagsLeaveTheFileAsItIs() {
        assertThat(FILE.with(Flags.none())).isEqualTo(FILE);
    }

    @Test
    void aNegativeLimitMeansNone() {
        var flags = new Flags(Optional.empty(), "", false, -1, "", "", List.of(), List.of());

        assertThat(FILE.with(flags).maxConcurrentTasks()).isZero();
    }

    @Test
    void noCleanupWinsAndItsAbsenceDoesNotTurnCleanupOn() {
        var off = Settings.parse("cleanup: off");

        assertThat(off.with(Flags.none()).cleanup()).isFalse();
    }

    @Test
    void environmentFlagsComeAfterTheFilesAndLaterOnesWin() {
        var merged = FILE.with(environment("B=flag", "C", "C=x=y,z", "D"));

        assertThat(EnvironmentEntry.resolve(merged.directOrDefaults().environment(), Map.of("C", "host")::get))
                .containsExactly(
                        Map.entry("A", new Secret("file")),
                        Map.entry("B", new Secret("flag")),
                        Map.entry("C", new Secret("x=y,z")),
                        Map.entry("D", new Secret("")));
    }

    @Test
    void inheritsFromTheHost() {
        var merged = FILE.with(environment("C"));

        assertThat(EnvironmentEntry.resolve(merged.directOrDefaults().environment(), Map.of("C", "host")::get))
                .containsEntry("C", new Secret("host"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "=canary | -e/--env: the variable's name is empty",
                "'' | -e/--env: the variable's name is empty",
                "A B=canary | -e/--env: the variable's name \"A B\" holds a space or tab",
                "'A\tB' | -e/--env: the variable's name \"A\tB\" holds a space or tab"
            })
    void refusesBadNamesWithoutShowingTheValue(String flag, String message) {
        assertThatThrownBy(() -> FILE.with(environment(flag)))
                .isInstanceOf(InvalidSettings.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource({"warp", "warp-1", "warpspeed"})
    void refusesReservedWorkerIdsFromFileAndFlag(String id) {
        var message = "invalid worker-id: values starting with 'warp' are reserved and cannot be used";

        assertThatThrownBy(() -> Settings.parse("worker_id: " + id).with(Flags.none()))
                .hasMessage("worker_id: " + message);
        assertThatThrownBy(() -> FILE.with(worker(id))).hasMessage("--worker-id: " + message);
    }

    @Test
    void aFlagReplacesAReservedWorkerIdOfTheFileAndCaseMatters() {
        assertThat(Settings.parse("worker_id: warp-1").with(worker("Warp-1")).workerId())
                .contains("Warp-1");
    }

    @Test
    void aChosenBackendStandsWithItsDefaultsWhereTheFileHasNone() {
        var flags = new Flags(Optional.of(Backend.DIRECT), "", false, 0, "", "", List.of(), List.of());

        assertThat(Settings.defaults().with(flags).backend()).contains(Direct.defaults());
        assertThat(FILE.with(flags)).isEqualTo(FILE);
    }

    @Test
    void anotherBackendsBlockIsIgnored() {
        var flags = new Flags(Optional.of(Backend.DOCKER), "", false, 0, "", "", List.of(), List.of());

        assertThat(FILE.with(flags).backend()).contains(Docker.defaults());
    }

    @Test
    void volumesOfTheFileComeFirstAndNothingIsSplitAtCommas() {
        var file =
                Settings.parse("backend: {docker: {volumes: ['/a:/b', data:/d], environment: [{name: A, value: 1}]}}");
        var flags = new Flags(
                Optional.empty(), "", false, 0, "", "/t", List.of("/x,y:/z:ro"), List.of(new Secret("B=1,2")));

        assertThat(file.with(flags).backend())
                .contains(new Docker(
                        List.of("/a:/b", "data:/d", "/x,y:/z:ro"),
                        List.of(
                                new EnvironmentEntry("A", Optional.of(new Secret("1"))),
                                new EnvironmentEntry("B", Optional.of(new Secret("1,2"))))));
    }

    @Test
    void environmentFlagsReachKubernetesToo() {
        var flags =
                new Flags(Optional.of(Backend.KUBERNETES), "", false, 0, "", "", List.of(), List.of(new Secret("A")));

        var merged = Settings.parse("backend: {kubernetes: {namespace: n}}")
                .with(flags)
                .withInherited(Map.of("A", "host")::get);

        assertThat(merged.backend().orElseThrow()).isInstanceOfSatisfying(Kubernetes.class, kubernetes -> {
            assertThat(kubernetes.namespace()).isEqualTo("n");
            assertThat(kubernetes.environment())
                    .containsExactly(new EnvironmentEntry("A", Optional.of(new Secret("host"))));
        });
    }

    @Test
    void refusesFlagsOfABackendWhereNoneIsChosenAndReportsAllAtOnce() {
        var flags = new Flags(
                Optional.empty(),
                "warp",
                false,
                0,
                "",
                "/x",
                List.of("/a:/b"),
                List.of(new Secret("A=1"), new Secret("=")));

        assertThatThrownBy(() -> Settings.defaults().with(flags))
                .isInstanceOfSatisfying(
                        InvalidSettings.class, e -> assertThat(e.errors()).hasSize(5));
    }

    @Test
    void relativePathsAreTakenFromTheGivenDirectoryAndBareNamesStay() {
        var settings = Settings.parse("backend: {direct: {workspace_root: w, target_dir: ../t, oz_path: bin/oz}}");
        var bare = Settings.parse("backend: {direct: {oz_path: oz-next}}");

        var direct = settings.resolvedAgainst(Path.of("/base")).directOrDefaults();

        assertThat(direct.workspaceRoot()).isEqualTo(Path.of("/base/w"));
        assertThat(direct.targetDir()).contains(Path.of("/base/../t"));
        assertThat(direct.ozPath()).contains("/base/bin/oz");
        assertThat(bare.resolvedAgainst(Path.of("/base"))).isEqualTo(bare);
    }

    private static Flags environment(String... entries) {
        var secrets = Arrays.stream(entries).map(Secret::new).toList();
        return new Flags(Optional.empty(), "", false, 0, "", "", List.of(), secrets);
    }

    private static Flags worker(String id) {
        return new Flags(Optional.empty(), id, false, 0, "", "", List.of(), List.of());
    }
}
