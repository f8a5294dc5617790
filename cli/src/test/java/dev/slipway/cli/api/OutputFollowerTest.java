package dev.slipway.cli.api;

import static dev.slipway.cli.api.StubApi.event;
import static dev.slipway.cli.api.StubApi.events;
import static dev.slipway.cli.api.StubApi.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.cli.Tasks;
import dev.slipway.protocol.Api;
import dev.slipway.protocol.Bytes;
import dev.slipway.protocol.TaskState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OutputFollowerTest {
    private static final String LOGS = "GET /api/v1/tasks/x-1/logs";
    private static final String END = event("end", Tasks.in(TaskState.SUCCEEDED));

    private final StubApi api = new StubApi();
    private final Received received = new Received();

    @AfterEach
    void close() {
        api.close();
    }

    @Test
    void deliversTheBytesAsTheyAreAndTheEndedTask() throws IOException {
        var bytes = new byte[] {0, (byte) 0xff, '\r', '\n', (byte) 0xc3};
        api.answer(LOGS, events(event("output", new Api.LogChunk(0, Bytes.of(bytes))), END));

        var ended = follow(patient());

        assertThat(ended.state()).isEqualTo(TaskState.SUCCEEDED);
        assertThat(received.bytes.toByteArray()).isEqualTo(bytes);
        assertThat(api.asked(LOGS))
                .singleElement()
                .extracting(StubApi.Asked::token)
                .isEqualTo("Bearer stub-token");
    }

    @Test
    void goesOnWhereTheConnectionBrokeOff() throws IOException {
        api.answer(LOGS, events(output(0, "hello ")), events(output(6, "world"), END));

        follow(patient());

        assertThat(received.text()).isEqualTo("hello world");
        assertThat(api.asked(LOGS))
                .extracting(StubApi.Asked::line)
                .containsExactly(LOGS + "?offset=0", LOGS + "?offset=6");
    }

    @Test
    void doesNotRepeatWhatItHas() throws IOException {
        api.answer(LOGS, events(output(0, "abc"), output(1, "bcde"), output(2, "c"), END));

        follow(patient());

        assertThat(received.text()).isEqualTo("abcde");
    }

    @Test
    void tellsOfGapsOnce() throws IOException {
        api.answer(
                LOGS,
                events(output(0, "a"), event("gap", new Api.LogGap(1, 10))),
                events(event("gap", new Api.LogGap(1, 10)), output(11, "b"), END));

        follow(patient());

        assertThat(received.text()).isEqualTo("a[10]b");
        assertThat(api.asked(LOGS).getLast().line()).endsWith("offset=11");
    }

    @Test
    void outlivesADispatcherThatIsNotReadyForAWhile() throws IOException {
        var problem = json(503, new Api.Problem("t", "t", 503, "later"));
        api.answer(LOGS, problem, problem, events(output(0, "a"), END));

        follow(patient());

        assertThat(received.text()).isEqualTo("a");
    }

    @Test
    void opensASilentConnectionAnew() throws IOException {
        var never = new CountDownLatch(1);
        api.answer(
                LOGS,
                exchange -> {
                    events(output(0, "a")).write(exchange);
                    try {
                        never.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                events(output(1, "b"), END));

        follow(new OutputFollower.Limits(Duration.ofMillis(50), Duration.ofSeconds(30)));

        assertThat(received.text()).isEqualTo("ab");
    }

    @Test
    void givesUpADispatcherThatStaysAwayAndSaysWhatToDo() {
        var client = api.client();
        api.close();

        assertThatThrownBy(() -> new OutputFollower(
                                client, "x-1", new OutputFollower.Limits(Duration.ofSeconds(1), Duration.ofMillis(1)))
                        .follow(received))
                .isInstanceOf(ApiFailure.class)
                .hasMessageContaining("slipway up");
    }

    @Test
    void passesOnWhyTheDispatcherRefuses() {
        api.answer(LOGS, json(404, Map.of("detail", "there is no execution or task x-1")));

        assertThatThrownBy(() -> follow(patient()))
                .isInstanceOf(ApiFailure.class)
                .hasMessage("there is no execution or task x-1");
    }

    private Api.Task follow(OutputFollower.Limits limits) throws IOException {
        return new OutputFollower(api.client(), "x-1", limits).follow(received);
    }

    private static OutputFollower.Limits patient() {
        return new OutputFollower.Limits(Duration.ofSeconds(30), Duration.ofSeconds(30));
    }

    private static String output(long offset, String text) {
        return event("output", new Api.LogChunk(offset, Bytes.of(text.getBytes(StandardCharsets.UTF_8))));
    }

    private static final class Received implements OutputFollower.Sink {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public void output(byte[] more) throws IOException {
            bytes.write(more);
        }

        @Override
        public void gap(long missing) {
            bytes.writeBytes("[%d]".formatted(missing).getBytes(StandardCharsets.UTF_8));
        }

        String text() {
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }
}
