package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import org.junit.jupiter.api.Test;

class ParcelTest {
    private final FakeAnswer answer = new FakeAnswer(InputStream.nullInputStream());
    private final Parcel parcel = new Parcel();

    @Test
    void anAnswerThatComesAfterItWasGivenUpIsClosed() {
        parcel.refuse();
        parcel.deliver(answer);

        assertThat(answer.isClosed()).isTrue();
    }

    @Test
    void anAnswerThatCameInTheMomentInWhichItWasGivenUpIsClosed() {
        parcel.deliver(answer);
        parcel.refuse();

        assertThat(answer.isClosed()).isTrue();
    }

    @Test
    void anAnswerThatSomebodyWaitsForStaysOpen() {
        parcel.deliver(answer);

        assertThat(answer.isClosed()).isFalse();
    }
}
