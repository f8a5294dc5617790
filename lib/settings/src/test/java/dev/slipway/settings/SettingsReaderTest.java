package dev.slipway.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsReaderTest {
    @TempDir
    Path dir;

    @Test
    void readsEveryKey() {
        var settings = Settings.parse("""
                worker_id: builder-1
                cleanup: false
                max_concurrent_tasks: 3
                idle_on_complete: 10m
                backend:
                  direct:
                    workspace_root: /srv/work
                    target_dir: /srv/repo
                    oz_path: /opt/oz
                    environment:
                      - name: PORT
                        value: 3000
                      - name: HOME_TOKEN
                slipway:
                  queue_limit: 7
                  limits:
                    direct: 2
                """);

        assertThat(settings)
                .isEqualTo(new Settings(
                        Optional.of("builder-1"),
                        false,
                        3,
                        Optional.of("10m"),
                        Optional.of(new Direct(
                                Path.of("/srv/work"),
                                Optional.of(Path.of("/srv/repo")),
                                Optional.of("/opt/oz"),
                                List.of(
                                        new EnvironmentEntry("PORT", Optional.of(new Secret("3000"))),
                                        new EnvironmentEntry("HOME_TOKEN", Optional.empty())))),
                        new SlipwaySettings(7, Map.of(Backend.DIRECT, 2))));
    }

    @Test
    void usesDefaultsForWhatIsNotGiven() {
        assertThat(Settings.parse("{}")).isEqualTo(Settings.defaults());
        assertThat(Settings.parse("backend: {direct: {}}").backend()).contains(Direct.defaults());
        assertThat(Settings.defaults().cleanup()).isTrue();
        assertThat(Settings.defaults().maxConcurrentTasks()).isZero();
        assertThat(Settings.defaults().slipway().queueLimit()).isEqualTo(100);
        assertThat(Direct.defaults().workspaceRoot()).hasToString("/var/lib/oz/workspaces");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "worker_id:",
                "worker_id: ~",
                "worker_id: ''",
                "cleanup: null",
                "max_concurrent_tasks: null",
                "backend: null",
                "backend: {direct: null}",
                "backend: {docker: ~, kubernetes: }",
                "backend: {direct: null, docker: null}",
                "slipway:",
                "slipway: {limits: null, queue_limit: null}",
                "slipway: {limits: {direct: 0}}"
            })
    void treatsNullsAndEmptyTextAsNotGiven(String yaml) {
        assertThat(Settings.parse(yaml)).isEqualTo(Settings.defaults());
    }

    @ParameterizedTest
    @CsvSource({
        "yes, true", "Yes, true", "on, true", "ON, true", "true, true", "y, true",
        "no, false", "NO, false", "off, false", "Off, false", "False, false", "n, false"
    })
    void readsBooleansAsYaml11Does(String word, boolean value) {
        assertThat(Settings.parse("cleanup: " + word).cleanup()).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"3000", "true", "yes", "1.50", "0x1F", "2026-01-01", "1_000", "a: b"})
    void readsScalarsAsTheTextThatIsWritten(String value) {
        var written = value.contains(": ") ? "'" + value + "'" : value;
        var yaml = "backend: {direct: {environment: [{name: A, value: %s}]}}".formatted(written);

        assertThat(Settings.parse(yaml).directOrDefaults().environment())
                .containsExactly(new EnvironmentEntry("A", Optional.of(new Secret(value))));
    }

    @Test
    void distinguishesAnEmptyValueFromNone() {
        var yaml = "backend: {direct: {environment: [{name: A, value: ''}, {name: B, value: null}]}}";

        assertThat(Settings.parse(yaml).directOrDefaults().environment())
                .containsExactly(
                        new EnvironmentEntry("A", Optional.of(new Secret(""))),
                        new EnvironmentEntry("B", Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-5", "0"})
    void readsNoLimitFromZeroAndNegativeNumbers(String number) {
        assertThat(Settings.parse("max_concurrent_tasks: " + number).maxConcurrentTasks())
                .isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "wroker_id: x | line 1: wroker_id: unknown key (known here: backend, cleanup, idle_on_complete, max_concurrent_tasks, slipway, worker_id)",
                "backend: {direct: {ozpath: x}} | line 1: backend.direct.ozpath: unknown key (known here: environment, oz_path, setup_command, target_dir, teardown_command, workspace_root)",
                "slipway: {queue: 1} | line 1: slipway.queue: unknown key (known here: limits, queue_limit)",
                "cleanup: perhaps | line 1: cleanup: must be true or false",
                "cleanup: 'true' | line 1: cleanup: must be true or false",
                "max_concurrent_tasks: many | line 1: max_concurrent_tasks: must be a whole number",
                "max_concurrent_tasks: 99999999999 | line 1: max_concurrent_tasks: must be a whole number",
                "slipway: {queue_limit: -1} | line 1: slipway.queue_limit: must be 0 or more",
                "worker_id: [a] | line 1: worker_id: must be a single value",
                "backend: direct | line 1: backend: must be a mapping (key: value)",
                "just text | line 1: must be a mapping (key: value)",
                "backend: {direct: {environment: {A: b}}} | line 1: backend.direct.environment: must be a list",
                "backend: {direct: {environment: [A=b]}} | line 1: backend.direct.environment[0]: must be a mapping (key: value)",
                "backend: {direct: {environment: [{value: b}]}} | line 1: backend.direct.environment[0].name: every entry needs the variable's name",
                "backend: {direct: {environment: [{name: 'A B'}]}} | line 1: backend.direct.environment[0].name: the variable's name \"A B\" holds a space or tab",
                "backend: {docker: {}} | line 1: backend.docker: this backend is not supported by this version yet: it runs the direct backend only",
                "backend: {kubernetes: {namespace: x}} | line 1: backend.kubernetes: this backend is not supported by this version yet: it runs the direct backend only",
                "backend: {command: {}} | line 1: backend.command: the command backend does not exist in Slipway: use direct",
                "backend: {direct: {setup_command: make}} | line 1: backend.direct.setup_command: this key is not supported by this version yet: remove it",
                "backend: {direct: {teardown_command: make}} | line 1: backend.direct.teardown_command: this key is not supported by this version yet: remove it",
                "slipway: {limits: {docker: 2}} | line 1: slipway.limits.docker: this backend is not supported by this version yet: it runs the direct backend only",
                "'' | the file is empty: remove it or configure something",
                "'# only a comment' | the file is empty: remove it or configure something",
                "'~' | the file is empty: remove it or configure something",
            })
    void refusesInWords(String yaml, String error) {
        assertThat(errorsOf(yaml)).containsExactly(error);
    }

    @Test
    void refusesMoreThanOneBackend() {
        assertThat(errorsOf("backend: {direct: {}, docker: {}}"))
                .contains("line 1: backend: at most one backend may be configured");
    }

    @Test
    void reportsEverythingAtOnceInTheOrderOfTheFile() {
        assertThat(errorsOf("""
                worker_id: a
                worker_id: b
                cleanup: 3
                backend:
                  direct:
                    environment:
                      - name: OK
                        vlaue: x
                colour: red
                """))
                .containsExactly(
                        "line 2: worker_id: given twice (first in line 1): remove one",
                        "line 3: cleanup: must be true or false",
                        "line 8: backend.direct.environment[0].vlaue: unknown key (known here: name, value)",
                        "line 9: colour: unknown key"
                                + " (known here: backend, cleanup, idle_on_complete, max_concurrent_tasks, slipway, worker_id)");
    }

    @Test
    void namesTheLineOfWhatIsNotYamlAndNeverItsContent() {
        var errors = errorsOf("worker_id: a\nbackend:\n  direct: {environment: [{name: T, value: \"canary}]}\n");

        assertThat(errors).singleElement().asString().startsWith("line ").contains("not valid YAML");
        assertThat(errors.toString()).doesNotContain("canary");
    }

    @Test
    void refusesNestingThatWouldOverflowTheStack() {
        assertThat(errorsOf("worker_id: " + "[".repeat(100_000)))
                .singleElement()
                .asString()
                .contains("nested too deeply");
    }

    @Test
    void namesTheFileInEveryError() throws IOException {
        var file = Files.writeString(dir.resolve("s.yaml"), "a: 1\nb: 2\n");

        assertThat(String.valueOf(invalid(() -> Settings.load(file)).getMessage())
                        .lines())
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).startsWith(file + ": line "));
    }

    @Test
    void saysWhyAFileCannotBeRead() throws IOException {
        var latin1 =
                Files.write(dir.resolve("latin1.yaml"), "worker_id: h\u00f6st".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(invalid(() -> Settings.load(dir.resolve("none.yaml")))).hasMessageContaining("no such file");
        assertThat(invalid(() -> Settings.load(latin1))).hasMessageContaining("not UTF-8");
    }

    @Test
    void keepsValuesOutOfItsTextForm() {
        var settings = Settings.parse("backend: {direct: {environment: [{name: T, value: canary}]}}");

        assertThat(settings.toString()).contains("T").doesNotContain("canary");
    }

    private static List<String> errorsOf(String yaml) {
        return invalid(() -> Settings.parse(yaml)).errors().stream()
                .map(SettingsError::toString)
                .toList();
    }

    private static InvalidSettings invalid(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return catchThrowableOfType(InvalidSettings.class, call);
    }
}
