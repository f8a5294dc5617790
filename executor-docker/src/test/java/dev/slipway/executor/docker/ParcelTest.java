package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.transport.DockerHttpClient;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ParcelTest {
    private final Answer answer = new Answer();
    private final Parcel parcel = new Parcel();

    @Test
    void anAnswerThatComesAfterItWasGivenUpIsClosed() {
        parcel.refuse();
        parcel.deliver(answer);

        assertThat(answer.closed).isTrue();
    }

    @Test
    void anAnswerThatCameInTheMomentInWhichItWasGivenUpIsClosed() {
        parcel.deliver(answer);
        parcel.refuse();

        assertThat(answer.closed).isTrue();
    }

    @Test
    void anAnswerThatSomebodyWaitsForStaysOpen() {
        parcel.deliver(answer);

        assertThat(answer.closed).isFalse();
    }

    private static final class Answer implements DockerHttpClient.Response {
        boolean closed;

        @Override
        public int getStatusCode() {
            return 200;
        }

        @Override
        public Map<String, List<String>> getHeaders() {
            return Map.of();
        }

        @Override
        public InputStream getBody() {
            return InputStream.nullInputStream();
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
