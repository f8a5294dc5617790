package dev.slipway.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsWriterTest {
    @Test
    void writesDefaultsThatAreReadBackAsDefaults() {
        assertThat(Settings.parse(Settings.defaults().toYaml())).isEqualTo(Settings.defaults());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "null", "~", "true", "no", "3000", " x ", "a\nb\n", "a: b # c", "'\"", "- x", "{", "\t"})
    void keepsValuesThatLookLikeYaml(String value) {
        var settings = withValue(value);

        assertThat(Settings.parse(settings.toYaml())).isEqualTo(settings);
    }

    @Property(tries = 300)
    void keepsAnyValue(@ForAll @StringLength(max = 200) String value) {
        var settings = withValue(value);

        assertThat(Settings.parse(settings.toYaml())).isEqualTo(settings);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0085!",
                "\u2028 x",
                "x\u2029",
                "\n  a\n b\n\n",
                "\r",
                "\t",
                "\u0001",
                "\uFEFF",
                "#",
                "- a",
                "!x"
            })
    void keepsLineEndsAndWhatCannotBeSeen(String value) {
        assertThat(Settings.parse(withValue(value).toYaml())).isEqualTo(withValue(value));
    }

    @Test
    void keepsEveryBackend() {
        for (var file : List.of(
                "backend: {docker: {volumes: ['/a:/b'], environment: [{name: A}]}}",
                "{backend: {kubernetes: {unschedulable_timeout: -1s, active_deadline_seconds: 5, extra_labels: {a: 'no'},"
                        + " pod_template: {a: [1, 1.5, 'true', true, ~, '1'], b: {<<: {c: x}}}}},"
                        + " slipway: {kubernetes: {environment: [{name: A, value: b}], env_as_secret: true}, limits: {kubernetes: 2}}}")) {
            var settings = Settings.parse(file);

            assertThat(Settings.parse(settings.toYaml())).isEqualTo(settings);
        }
    }

    private static Settings withValue(String value) {
        return new Settings(
                Optional.of("w"),
                false,
                2,
                Optional.of("10m"),
                Optional.of(new Direct(
                        Path.of("/srv/with space"),
                        Optional.of(Path.of("/t")),
                        Optional.of("oz"),
                        Optional.of("setup\n" + value),
                        Optional.of("teardown"),
                        List.of(
                                new EnvironmentEntry("A", Optional.of(new Secret(value))),
                                new EnvironmentEntry("B", Optional.empty())))),
                new SlipwaySettings(
                        0,
                        Map.of(Backend.DIRECT, 3),
                        new SlipwaySettings.TimeLimits(
                                Optional.of(Duration.ofHours(8)),
                                Optional.of(Duration.ofMinutes(90)),
                                Optional.empty(),
                                Optional.of(Duration.ofMillis(90_001))),
                        new SlipwaySettings.Retry(5, Duration.ofSeconds(1), Duration.ofSeconds(9)),
                        true,
                        true,
                        Optional.of(Duration.ofMinutes(5)),
                        DockerRules.defaults()));
    }
}
