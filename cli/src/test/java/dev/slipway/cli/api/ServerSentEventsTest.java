package dev.slipway.cli.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.cli.api.ServerSentEvents.Event;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServerSentEventsTest {
    @Test
    void readsNamesAndData() throws IOException {
        assertThat(read("event: output\nid: 4\ndata: {\"a\": 1}\n\nevent:end\ndata:x\n\n"))
                .containsExactly(new Event("output", "{\"a\": 1}"), new Event("end", "x"));
    }

    @Test
    void joinsDataLinesAndShowsCommentsAsSignsOfLife() throws IOException {
        assertThat(read(": keep-alive\r\n\r\ndata: a\r\ndata: b\r\n\r\n"))
                .containsExactly(new Event(Event.COMMENT, ""), new Event("message", "a\nb"));
    }

    @Test
    void anEventThatBreaksOffIsNone() throws IOException {
        assertThat(read("event: output\ndata: whole\n\nevent: output\ndata: half"))
                .hasSize(1);
    }

    private static List<Event> read(String text) throws IOException {
        var events = new ArrayList<Event>();
        try (var stream = new ServerSentEvents(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)))) {
            for (var event = stream.next(); event.isPresent(); event = stream.next()) {
                events.add(event.get());
            }
        }
        return events;
    }
}
