package dev.slipway.dispatcher.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.Container;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpecRulesTest {
    private static final String SECRET = "hunter2";

    private static TaskSpec spec(
            List<String> argv, Map<String, SecretValue> env, @Nullable String image, @Nullable String workdir) {
        return new TaskSpec(
                "task",
                new Program.Command(argv),
                Optional.ofNullable(image),
                env,
                Optional.ofNullable(workdir),
                Optional.empty());
    }

    private static TaskSpec command(String... argv) {
        return spec(List.of(argv), Map.of(), "image:1", "/work");
    }

    private static TaskSpec env(String name, String value) {
        return spec(List.of("true"), Map.of(name, SecretValue.of(value)), "image:1", "/work");
    }

    private static TaskSpec sidecars(int count, String image, String path) {
        return new TaskSpec(
                "task",
                new Program.Command(List.of("true")),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                new Container(
                        Optional.empty(),
                        Collections.nCopies(count, new Container.Sidecar(image, path, false)),
                        Container.plain().shape()));
    }

    private static Optional<String> fault(TaskSpec spec) {
        return SpecRules.fault("execution", spec);
    }

    @Test
    void takesAnOrdinaryTask() {
        assertThat(fault(env("TOKEN", SECRET))).isEmpty();
        assertThat(fault(command("sh", "-c", "echo ü; exit 3", ""))).isEmpty();
        assertThat(fault(command("echo", "x".repeat((128 << 10) - 1)))).isEmpty();
        assertThat(fault(sidecars(64, "", ""))).isEmpty();
    }

    static Stream<TaskSpec> cannotRun() {
        return Stream.of(
                command(""),
                command("echo", "nul\0"),
                command("echo", "x".repeat(128 << 10)),
                command("echo", "ü".repeat(64 << 10)),
                spec(Collections.nCopies(10_001, "x"), Map.of(), "image", "/"),
                env("", SECRET),
                env("A=B", SECRET),
                env("A", SECRET + "\0"),
                env("A", SECRET + "x".repeat(128 << 10)),
                spec(List.of("true"), Map.of(), "two words", "/"),
                spec(List.of("true"), Map.of(), "", "/"),
                spec(List.of("true"), Map.of(), "image", "relative"),
                spec(List.of("true"), Map.of(), "image", "/nul\0"),
                sidecars(1, "image\0", "/tools"),
                sidecars(1, "image", "/" + "x".repeat(4_096)),
                sidecars(65, "image", "/tools"));
    }

    @ParameterizedTest
    @MethodSource("cannotRun")
    void saysWhatIsWrongWithATaskThatCannotRun(TaskSpec spec) {
        assertThat(fault(spec)).isPresent();
    }

    @ParameterizedTest
    @MethodSource("cannotRun")
    void neverRepeatsAValue(TaskSpec spec) {
        assertThat(fault(spec)).get().asString().doesNotContain(SECRET);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "new\nline", "half a pair \ud800"})
    void refusesIdsThatNothingCouldBeNamedBy(String id) {
        assertThat(SpecRules.fault(id, command("true"))).isPresent();
    }

    @Test
    void refusesIdsThatAreTooLong() {
        assertThat(SpecRules.fault("x".repeat(512), command("true"))).isEmpty();
        assertThat(SpecRules.fault("x".repeat(513), command("true"))).isPresent();
    }
}
