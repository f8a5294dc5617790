package dev.slipway.connector.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.Container;
import dev.slipway.testkit.Assignment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrameReaderTest {
    @Test
    void readsACancellation() {
        assertThat(Frames.parse("{\"type\":\"task_cancellation\",\"data\":{\"task_id\":\"t\",\"new\":1}}"))
                .isEqualTo(new Incoming.Cancelled("t"));
    }

    @Test
    void ignoresHeartbeatsAndUnknownTypes() {
        assertThat(Frames.parse("{\"type\":\"heartbeat\"}")).isEqualTo(new Incoming.Heartbeat());
        assertThat(Frames.parse("{\"type\":\"news\",\"data\":7}")).isEqualTo(new Incoming.Unknown("news"));
        assertThat(Frames.parse("{}")).isEqualTo(new Incoming.Unknown(""));
    }

    @Test
    void ignoresUnknownFieldsAndTakesNullForAbsent() {
        var assignment = Frames.read(
                "{\"type\":\"task_assignment\",\"more\":1,\"data\":{\"task_id\":\"t\","
                        + "\"execution_id\":null,\"docker_image\":\"\",\"env_vars\":{\"A\":null},\"additional_oz_args\":[null],"
                        + "\"additional_sidecars\":[{}],\"task\":{\"id\":\"t\",\"owner\":null,\"agent_config_snapshot\":null}}}");

        assertThat(assignment.executionId()).isEmpty();
        assertThat(assignment.image()).isEmpty();
        assertThat(assignment.env().get("A")).extracting("value").isEqualTo("");
        assertThat(assignment.extraArgs()).containsExactly("");
        assertThat(assignment.task().snapshot()).isEmpty();
    }

    @Test
    void tellsAnAssignmentWithoutATaskFromABrokenOne() {
        assertThat(Frames.parse(
                        Frames.assignment(Assignment.of("t").execution("e").without("task"))))
                .isEqualTo(new Incoming.Unusable(
                        "t", "e", "the control plane did not say what the task is: start it again"));
        assertThat(Frames.parse(
                        Frames.assignment(Assignment.of("t").without("task").without("task_id"))))
                .isInstanceOf(Incoming.Broken.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "canary",
                "[]",
                "\"canary\"",
                "{\"type\":7}",
                "{\"type\":\"task_cancellation\"}",
                "{\"type\":\"task_cancellation\",\"data\":\"canary\"}",
                "{\"type\":\"task_cancellation\",\"data\":{}}",
                "{\"type\":\"task_cancellation\",\"data\":{\"task_id\":\"\"}}",
                "{\"type\":\"task_cancellation\",\"data\":{\"task_id\":7}}",
                "{\"type\":\"task_assignment\",\"data\":null}",
                "{\"type\":\"task_cancellation\",\"data\":{\"task_id\":\"canary\\ud800\"}}",
                "{\"type\":\"task_assignment\",\"data\":{\"task_id\":\"canary\\udc00\",\"task\":{}}}",
                "{\"type\":\"task_assignment\",\"data\":{\"task_id\":\"t\",\"execution_id\":\"\\ud800\",\"task\":{}}}",
                "{\"type\":\"task_\\ud800\"}",
                "{\"type\":\"heartbeat\"} canary",
                "{\"type\":\"task_assignment\",\"data\":{\"canary\":",
            })
    void findsBrokenFramesWithoutRepeatingThem(String frame) {
        Incoming incoming = Frames.parse(frame);

        assertThat(incoming).isInstanceOf(Incoming.Broken.class);
        assertThat(incoming.toString()).doesNotContain("canary");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongTypes")
    void findsWrongTypesAndNamesOnlyTheirKey(String key, UnaryOperator<Assignment> change) {
        Incoming incoming = Frames.parse(Frames.assignment(change.apply(Assignment.of("t"))));

        assertThat(incoming).isInstanceOf(Incoming.Broken.class);
        assertThat(incoming.toString()).contains(key).doesNotContain("canary");
    }

    static Stream<Arguments> wrongTypes() {
        return Stream.of(
                row("task_id", a -> a.with("task_id", 7)),
                row("execution_id", a -> a.with("execution_id", List.of("canary"))),
                row("docker_image", a -> a.image("x").with("docker_image", 7)),
                row("env_vars", a -> a.with("env_vars", "canary")),
                row("env_vars", a -> a.with("env_vars", Map.of("A", 7))),
                row("additional_oz_args", a -> a.with("additional_oz_args", "canary")),
                row("additional_oz_args", a -> a.with("additional_oz_args", List.of(7))),
                row("task", a -> a.with("task", "canary")),
                row("task.id", a -> a.with("task", Map.of("id", 7))),
                row("task.owner", a -> a.with("task", Map.of("id", "t", "owner", "canary"))),
                row("task.agent_config_snapshot", a -> a.with("task", Map.of("agent_config_snapshot", "canary"))),
                row("computer_use_enabled", a -> a.snapshot("computer_use_enabled", "true")),
                row("idle_timeout_minutes", a -> a.snapshot("idle_timeout_minutes", "7")),
                row("idle_timeout_minutes", a -> a.snapshot("idle_timeout_minutes", 1.5)),
                row("mcp_servers", a -> a.snapshot("mcp_servers", List.of("canary"))),
                row("harness", a -> a.snapshot("harness", "canary")),
                row("sidecar_image", a -> a.with("sidecar_image", 7)),
                row("additional_sidecars", a -> a.with("additional_sidecars", "canary")),
                row("additional_sidecars", a -> a.with("additional_sidecars", List.of("canary"))),
                row(
                        "additional_sidecars.read_write",
                        a -> a.with("additional_sidecars", List.of(Map.of("image", "i", "read_write", "canary")))),
                row("instance_shape", a -> a.with("instance_shape", "canary")),
                row("instance_shape.vcpus", a -> a.with("instance_shape", Map.of("vcpus", "canary"))),
                row("task.task_definition.prompt", a -> a.with("task", Map.of("task_definition", Map.of("prompt", 7)))),
                row("task.created_at", a -> a.with("task", Map.of("created_at", 7))),
                row("base_prompt", a -> a.snapshot("base_prompt", List.of("canary"))),
                row(
                        "harness_auth_secrets.claude_auth_secret_name",
                        a -> a.snapshot("harness_auth_secrets", Map.of("claude_auth_secret_name", 7))));
    }

    private static Arguments row(String key, UnaryOperator<Assignment> change) {
        return Arguments.of(key, change);
    }

    @ParameterizedTest
    @MethodSource("halfCharacters")
    void refusesAnAssignmentThatHoldsHalfOfACharacter(String key, UnaryOperator<Assignment> change) {
        Incoming incoming =
                Frames.parse(Frames.assignment(change.apply(Assignment.of("t").execution("e"))));

        assertThat(incoming).isInstanceOfSatisfying(Incoming.Unusable.class, unusable -> {
            assertThat(unusable.taskId()).isEqualTo("t");
            assertThat(unusable.executionId()).isEqualTo("e");
            assertThat(unusable.why()).contains(key, "half of a character").doesNotContain("canary");
        });
    }

    static Stream<Arguments> halfCharacters() {
        String half = "canary\ud800";
        return Stream.of(
                row("task.id", a -> a.with("task", Map.of("id", half))),
                row("docker_image", a -> a.image(half)),
                row("sidecar_image", a -> a.with("sidecar_image", half)),
                row(
                        "additional_sidecars.mount_path",
                        a -> a.with("additional_sidecars", List.of(Map.of("mount_path", half)))),
                row("env_vars", a -> a.env("A", half)),
                row("env_vars", a -> a.env(half, "a")),
                row("additional_oz_args", a -> a.agentArgs(half)),
                row("model_id", a -> a.snapshot("model_id", half)),
                row("mcp_servers", a -> a.snapshot("mcp_servers", Map.of("a", Map.of(half, 1)))),
                row("harness.type", a -> a.harness(half)));
    }

    @Test
    void runsATaskWhoseWordsForPeopleHoldHalfOfACharacter() {
        assertThat(Frames.read(Frames.assignment(Assignment.of("t").title("cut \ud800")))
                        .task()
                        .title())
                .contains("cut \ufffd");
        assertThat(Frames.read(Frames.assignment(Assignment.of("t").snapshot("base_prompt", "cut \ud800")))
                        .taskId())
                .isEqualTo("t");
    }

    @Test
    void takesEveryFieldOfTheContract() {
        Assignment full = Assignment.of("t")
                .with("sidecar_image", "s")
                .with(
                        "additional_sidecars",
                        List.of(Map.of("image", "i", "mount_path", "/m", "read_write", true), Map.of()))
                .with("instance_shape", Map.of("vcpus", 0.5, "memory_gb", 4))
                .snapshot("base_prompt", "p")
                .snapshot("harness_auth_secrets", Map.of("claude_auth_secret_name", "n"));

        assertThat(Frames.read(Frames.assignment(full)).container())
                .isEqualTo(new Container(
                        Optional.of("s"),
                        List.of(new Container.Sidecar("i", "/m", true), new Container.Sidecar("", "", false)),
                        new Container.Shape(OptionalDouble.of(0.5), OptionalDouble.of(4))));
    }

    @Test
    void takesNoShapeForOneThatIsZeroOrLess() {
        Assignment unset = Assignment.of("t").with("instance_shape", Map.of("vcpus", 0, "memory_gb", -1.5));

        assertThat(Frames.read(Frames.assignment(unset)).container()).isEqualTo(Container.plain());
    }

    @Test
    void takesWholeCharactersBeyondTheBasicPlane() {
        assertThat(Frames.read(Frames.assignment(Assignment.of("t\ud83d\ude00")))
                        .taskId())
                .isEqualTo("t\ud83d\ude00");
    }

    @Test
    void readsAssignmentsOfManyMegabytes() {
        String large = "x".repeat(25 << 20);

        assertThat(Frames.read(Frames.assignment(Assignment.of("t").env("LARGE", large)))
                        .env()
                        .get("LARGE"))
                .extracting("value")
                .isEqualTo(large);
    }

    @Test
    void takesNoMoreValuesThanItCanHold() {
        Incoming incoming = Frames.parse("[" + "1,".repeat(1_000_000) + "1]");

        assertThat(incoming).isEqualTo(new Incoming.Broken("it holds more, longer or deeper values than are taken"));
    }

    @Test
    void showsNoValuesInItsTextForm() {
        assertThat(Frames.parse(Frames.assignment(Assignment.of("t").env("A", "canary")))
                        .toString())
                .doesNotContain("canary");
    }
}
