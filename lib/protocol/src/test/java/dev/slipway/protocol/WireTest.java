package dev.slipway.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What one service writes the other reads as the same, and what lacks a part is not read at all. */
class WireTest {
    /** As the services read: fields that a later version added do not trouble an earlier one. */
    private final ObjectMapper json = new ObjectMapper()
            .registerModule(new Jdk8Module())
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    private static final ExecutionKey KEY = new ExecutionKey("e/1 ü", 2);
    private static final TaskSpec COMMAND = new TaskSpec(
            "t",
            new Program.Command(List.of("sh", "-c", "exit 3")),
            Optional.of("image:1"),
            Map.of("TOKEN", SecretValue.of("hunter2")),
            Optional.of("/work"),
            Optional.of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    private static final TaskSpec AGENT = new TaskSpec(
            "t",
            new Program.Agent(List.of("agent", "run"), Optional.empty()),
            Optional.empty(),
            Map.of(),
            Optional.empty(),
            Optional.empty(),
            new Container(
                    Optional.of("agent:1"),
                    List.of(new Container.Sidecar("tools:1", "/mnt/tools", true)),
                    new Container.Shape(OptionalDouble.of(0.5), OptionalDouble.empty())));

    static Stream<Record> records() {
        return Stream.of(
                new ExecutorSync(
                        5,
                        6,
                        BackendKind.KUBERNETES,
                        7,
                        "s",
                        true,
                        List.of(
                                new ExecutorSync.Run(KEY, true, true, 8, 9),
                                new ExecutorSync.Run(KEY, false, false, 0, 0, "pulling image a:1: 1 of 2 layers")),
                        List.of(
                                new ExecutorSync.Finished(
                                        KEY, new Ending.Exited(137, FailureReason.CONTAINER_OOM, "m", true), 9, 10),
                                new ExecutorSync.Finished(
                                        KEY, new Ending.NotStarted(FailureReason.IMAGE_PULL, "m", true), 0, 11),
                                new ExecutorSync.Finished(KEY, new Ending.Lost(FailureReason.UNKNOWN, "m"), 0, 12)),
                        "no engine here"),
                new SyncAnswer(
                        "l",
                        "s",
                        List.of(new SyncAnswer.Launch(KEY, COMMAND), new SyncAnswer.Launch(KEY, AGENT)),
                        List.of(new SyncAnswer.Stop(KEY, 13)),
                        List.of(KEY),
                        List.of(KEY)),
                new ConnectorSync(1, 2, true, List.of(3L), List.of(4L), List.of(5L), List.of(6L), 7, 8),
                new ConnectorSync.Answer(
                        List.of(
                                new ConnectorSync.Message(1, "e", "t", Optional.empty()),
                                new ConnectorSync.Message(2, "e", "t", Optional.of(new Outcome.Succeeded())),
                                new ConnectorSync.Message(3, "e", "t", Optional.of(new Outcome.Cancelled())),
                                new ConnectorSync.Message(
                                        4,
                                        "e",
                                        "t",
                                        Optional.of(new Outcome.Failed(
                                                FailureReason.TASK_TIMEOUT, "m", OptionalInt.of(143))))),
                        List.of(5L)),
                new TaskSubmission(7, "e", false, Optional.of("title"), AGENT),
                new TaskSubmission.Answer(TaskSubmission.Taken.ENDED),
                new Internal.CancelAnswer(3),
                new LogAppend(1, 2, Bytes.of(new byte[] {0, -1, 7}), "c"),
                new LogAppend.Position(3, "", true),
                new Api.Submit(
                        Optional.of("e"),
                        List.of("true"),
                        Optional.empty(),
                        Map.of("A", SecretValue.of("b")),
                        Optional.empty(),
                        Optional.of(60L),
                        Map.of("k", "v"),
                        Optional.of(-1),
                        Optional.empty()),
                new Api.Task(
                        "e",
                        "t",
                        Optional.empty(),
                        TaskState.FAILED,
                        "api",
                        0,
                        1,
                        Optional.of("x"),
                        Map.of(),
                        Optional.empty(),
                        true,
                        Optional.of(StopCause.TIMEOUT),
                        Optional.of(FailureReason.TASK_TIMEOUT),
                        OptionalInt.empty(),
                        Optional.of("m"),
                        "2026-01-01T00:00:00Z",
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()),
                new Api.Event(1, "e", Optional.empty(), TaskState.QUEUED, "submitted", "api", 0, "now"),
                new Api.Executor("x", BackendKind.DIRECT, 1, 0, true, false, ""),
                new Api.LogChunk(1, Bytes.EMPTY),
                new Api.LogGap(1, 2),
                new Api.Shutdown(1, 2),
                new Api.Problem("about:blank", "t", 503, "d"));
    }

    @ParameterizedTest
    @MethodSource("records")
    void whatIsWrittenIsReadAsTheSame(Record record) throws JsonProcessingException {
        assertThat(json.readValue(json.writeValueAsString(record), record.getClass()))
                .isEqualTo(record);
    }

    @Test
    void whatIsAbsentIsReadAsEmpty() throws JsonProcessingException {
        assertThat(json.readValue("{\"command\":[\"true\"]}", Api.Submit.class).executionId())
                .isEmpty();
        TaskSpec spec = json.readValue(
                "{\"taskId\":\"t\",\"program\":{\"type\":\"command\",\"argv\":[\"true\"]}}", TaskSpec.class);
        assertThat(spec.env()).isEmpty();
        assertThat(spec.container()).isEqualTo(Container.plain());
        assertThat(json.readValue("{\"key\":{\"execution\":\"e\",\"attempt\":1}}", ExecutorSync.Run.class)
                        .preparing())
                .as("of an executor that does not tell it")
                .isEmpty();
        assertThat(json.readValue(
                                "{\"backend\":\"direct\",\"session\":\"s\",\"runs\":[],\"finished\":[]}",
                                ExecutorSync.class)
                        .obstacle())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "ExecutorSync | {}",
                "ExecutorSync | {\"backend\":\"direct\",\"session\":\"s\",\"runs\":[],\"finished\":[{}]}",
                "ExecutorSync | {\"backend\":\"direct\",\"session\":\"s\",\"runs\":[null],\"finished\":[]}",
                "ExecutorSync | {\"backend\":\"direct\",\"session\":\"s\",\"runs\":[{\"started\":true}],\"finished\":[]}",
                "ExecutorSync | {\"backend\":\"no such\",\"session\":\"s\",\"runs\":[],\"finished\":[]}",
                "ExecutorSync | {\"backend\":\"direct\",\"session\":\"s\",\"slots\":-1,\"runs\":[],\"finished\":[]}",
                "ExecutorSync$Finished | {\"key\":{\"execution\":\"e\",\"attempt\":1}}",
                "ExecutionKey | {\"attempt\":1}",
                "ExecutionKey | {\"execution\":\"e\"}",
                "ExecutionKey | {\"execution\":\"\",\"attempt\":1}",
                "Ending | {\"ending\":\"exited\",\"reason\":\"unknown\",\"message\":\"m\",\"stopped\":false}",
                "Ending | {\"ending\":\"exited\",\"code\":1,\"reason\":\"unknown\",\"message\":\"m\"}",
                "Ending | {\"ending\":\"exited\",\"code\":1,\"message\":\"m\",\"stopped\":false}",
                "Ending | {\"ending\":\"not_started\",\"reason\":\"unknown\"}",
                "Ending | {\"ending\":\"lost\",\"message\":\"m\"}",
                "Ending | {}",
                "Outcome | {\"result\":\"failed\",\"reason\":\"unknown\"}",
                "ConnectorSync | {\"holding\":[null]}",
                "ConnectorSync$Message | {\"executionId\":\"e\"}",
                "TaskSubmission | {\"executionId\":\"e\"}",
                "TaskSubmission$Answer | {}",
                "TaskSpec | {\"taskId\":\"t\"}",
                "TaskSpec | {\"program\":{\"type\":\"command\",\"argv\":[\"true\"]}}",
                "TaskSpec | {\"taskId\":\"t\",\"program\":{\"type\":\"command\",\"argv\":[]}}",
                "Program | {\"type\":\"agent\",\"args\":[null]}",
                "LogAppend | {\"attempt\":1,\"offset\":0,\"cursor\":\"c\"}",
                "LogAppend | {\"attempt\":1,\"offset\":0,\"bytes\":\"\"}",
                "SyncAnswer$Launch | {\"key\":{\"execution\":\"e\",\"attempt\":1}}",
                "SyncAnswer$Stop | {}"
            })
    void whatLacksAPartIsNotRead(String type, String text) throws ClassNotFoundException {
        Class<?> wanted = Class.forName("dev.slipway.protocol." + type);
        assertThatThrownBy(() -> json.readValue(text, wanted)).isInstanceOf(JsonProcessingException.class);
    }

    @ParameterizedTest
    @EnumSource
    void everyReasonIsReadFromItsName(FailureReason reason) {
        assertThat(FailureReason.ofWireName(reason.wireName())).isEqualTo(reason);
    }

    @Test
    void secretsAndOutputAreInNoText() {
        assertThat(SecretValue.of("hunter2")).hasToString("***");
        assertThat(List.of(COMMAND, new LogAppend(1, 0, Bytes.of("hunter2".getBytes(StandardCharsets.UTF_8)), "c"))
                        .toString())
                .doesNotContain("hunter2");
    }

    @Test
    void bytesAreCopiedUnlessTheyAreHandedOver() {
        byte[] array = {1};
        Bytes copy = Bytes.of(array);
        Bytes wrapped = Bytes.wrap(array);
        assertThat(wrapped.unwrap()).isSameAs(array);
        array[0] = 2;
        assertThat(copy.unwrap()).containsExactly(1);
    }
}
