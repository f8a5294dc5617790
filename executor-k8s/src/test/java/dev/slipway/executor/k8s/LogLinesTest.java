package dev.slipway.executor.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LogLinesTest {
    private static final String LOG = """
            2026-11-22T05:09:44.100000001Z first
            2026-11-22T05:09:44.100000001Z second, of the same time
            2026-11-22T06:09:44.100000002+01:00 third, of a node elsewhere
            2026-11-22T05:09:45Z fourth ünd
            2026-11-22T05:09:46Z\s
            2026-11-22T05:09:47Z unended""";
    private static final String OUTPUT =
            "first\nsecond, of the same time\nthird, of a node elsewhere\nfourth ünd\n\nunended";

    /** Reads a log in chunks and notes every place it comes to. */
    private static final class Reading {
        final ByteArrayOutputStream output = new ByteArrayOutputStream();
        final List<LogCursor> places = new ArrayList<>();
        final List<Integer> lengths = new ArrayList<>();

        Reading(String log, LogCursor from, int chunk) {
            LogLines lines = new LogLines("task", from, (bytes, after) -> {
                output.writeBytes(bytes);
                places.add(after);
                lengths.add(output.size());
            });
            byte[] bytes = log.getBytes(StandardCharsets.UTF_8);
            for (int at = 0; at < bytes.length; at += chunk) {
                byte[] piece = java.util.Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + chunk));
                lines.take(piece, piece.length);
            }
        }

        String text() {
            return output.toString(StandardCharsets.UTF_8);
        }
    }

    @Property(tries = 200)
    void readOnFromAnyPlaceTheRestIsNeitherCutNorRepeated(
            @ForAll @IntRange(min = 1, max = 40) int chunk, @ForAll @IntRange(min = 1, max = 40) int other) {
        Reading whole = new Reading(LOG, LogCursor.START, chunk);
        assertThat(whole.text()).isEqualTo(OUTPUT);
        byte[] output = OUTPUT.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < whole.places.size(); i++) {
            LogCursor place = LogCursor.parse(whole.places.get(i).toString());
            int length = whole.lengths.get(i);

            assertThat(new Reading(LOG, place, other).text())
                    .isEqualTo(new String(output, length, output.length - length, StandardCharsets.UTF_8));
        }
    }

    @Test
    void saysWhatTheNodeHasThrownAway() {
        LogCursor second = new Reading(LOG, LogCursor.START, 1000).places.get(1);

        assertThat(new Reading(LOG.substring(LOG.indexOf("2026-11-22T05:09:45")), second, 1000).text())
                .isEqualTo(LogLines.GAP + "fourth ünd\n\nunended");
    }

    @Test
    void takesNoComplaintOfTheNodeForOutput() {
        assertThat(new Reading("unable to retrieve container logs for containerd://1234\n", LogCursor.START, 7).text())
                .isEmpty();
    }

    @Test
    void anotherContainersPlaceIsTheBeginning() {
        LogCursor place = new LogCursor("setup", java.time.Instant.MAX, 1, -1);

        assertThat(new Reading(LOG, place, 1000).text()).isEqualTo(OUTPUT);
        assertThat(LogCursor.parse("no cursor")).isEqualTo(LogCursor.START);
        assertThat(LogCursor.START).hasToString("");
    }
}
