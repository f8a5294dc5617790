package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.executor.testkit.Watching;
import dev.slipway.protocol.Bytes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What a reader has not read, the next one reads: whatever the order in which the engine keeps the messages of two streams. */
class LogResumeTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long BEGIN = 1_800_000_000L * SECOND;

    /**
     * A message that is to come.
     *
     * @param step nanoseconds since the one before it
     * @param lag how much earlier it was written than kept
     * @param isPart whether its line goes on after it
     */
    record Written(int stream, long step, long lag, boolean isPart) {}

    @Example
    void aMessageThatIsOlderThanTheFirstOneIsNotLost() throws IOException {
        readsOnAnywhere(List.of(message(1, 5, "out 1\n"), message(2, 4, "err 1\n"), message(1, 6, "out 2\n")));
    }

    @Example
    void aMessageThatIsOlderByMoreThanASecondIsNotLost() throws IOException {
        readsOnAnywhere(List.of(
                message(1, 100, "out 1\n"),
                message(1, 200, "out 2\n"),
                message(2, 160, "err 1\n"),
                message(1, 201, "end\n")));
    }

    @Example
    void aReaderThatGoesOnRightAfterAGapTellsItAndGivesOnlyWhatIsNew() throws IOException {
        LogPosition position = LogPosition.of("0:0:0:" + (BEGIN + 5 * SECOND));

        assertThat(read(
                        List.of(message(1, 4, "older\n"), message(2, 5, "newest\n"), message(1, 6, "new\n")),
                        position,
                        3))
                .isEqualTo(
                        "[slipway: output is left out here: the engine had to make room before it could be delivered]\nnew\n");
    }

    @Property(tries = 500)
    void nothingIsLostOrDoubledWhereverAReaderGoesOn(@ForAll("output") List<Written> output) throws IOException {
        Map<Integer, Long> lastTimes = new HashMap<>();
        Map<Integer, Boolean> isOpen = new HashMap<>();
        List<LogMessage> kept = new ArrayList<>();
        long now = BEGIN;
        for (Written written : output) {
            now += written.step();
            int stream = written.stream();
            long last = lastTimes.getOrDefault(stream, 0L);
            long time = isOpen.getOrDefault(stream, false) ? last : Math.max(last, now - written.lag());
            lastTimes.put(stream, time);
            isOpen.put(stream, written.isPart());
            String text = "%d:%d".formatted(stream, kept.size());
            kept.add(new LogMessage(
                    stream,
                    time,
                    bytes(written.isPart() ? text + "-".repeat(LineEnds.PART - text.length()) : text + "\n")));
        }
        readsOnAnywhere(kept);
    }

    @Provide
    Arbitrary<List<Written>> output() {
        Arbitrary<Long> steps = Arbitraries.of(0L, 1L, 1_000L, SECOND / 2, 3 * SECOND, 90 * SECOND);
        Arbitrary<Long> lags = Arbitraries.of(0L, 0L, 1L, 2_000L, SECOND, 50 * SECOND);
        return Combinators.combine(Arbitraries.of(1, 2), steps, lags, Arbitraries.of(false, false, true))
                .as(Written::new)
                .list()
                .ofMaxSize(25);
    }

    private static void readsOnAnywhere(List<LogMessage> kept) throws IOException {
        String whole = read(kept, LogPosition.of(""), kept.size());
        for (int first = 0; first <= kept.size(); first++) {
            LogPosition position = LogPosition.of("");
            String before = read(kept, position, first);
            LogPosition resumed = LogPosition.of(position.toString());
            assertThat(before + read(kept, resumed, kept.size()))
                    .as("after %d messages", first)
                    .isEqualTo(whole);
        }
    }

    private static String read(List<LogMessage> kept, LogPosition position, int most) throws IOException {
        StringBuilder text = new StringBuilder();
        LogReader reader = new LogReader(answer(kept, position.sinceSeconds()), position, false, true);
        for (int count = 0; count < most; count++) {
            Optional<byte[]> message = reader.next(Watching.PATIENCE, position);
            if (message.isEmpty()) {
                break;
            }
            text.append(new String(message.get(), StandardCharsets.US_ASCII));
            reader.passed(position);
        }
        reader.close();
        return text.toString();
    }

    /** As the engine gives it: what is older than it was asked for is left out, wherever it is. */
    private static FakeAnswer answer(List<LogMessage> kept, long sinceSeconds) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream answer = new DataOutputStream(bytes);
        for (LogMessage message : kept) {
            if (message.nanos() >= sinceSeconds * SECOND) {
                byte[] time = (Instant.ofEpochSecond(message.nanos() / SECOND, message.nanos() % SECOND) + " ")
                        .getBytes(StandardCharsets.US_ASCII);
                answer.writeInt(message.stream() << 24);
                answer.writeInt(time.length + message.content().length());
                answer.write(time);
                answer.write(message.content().unwrap());
            }
        }
        return new FakeAnswer(new ByteArrayInputStream(bytes.toByteArray()));
    }

    private static LogMessage message(int stream, long seconds, String text) {
        return new LogMessage(stream, BEGIN + seconds * SECOND, bytes(text));
    }

    private static Bytes bytes(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }
}
