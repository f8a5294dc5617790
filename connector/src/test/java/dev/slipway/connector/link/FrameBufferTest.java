package dev.slipway.connector.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.connector.wire.RawFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class FrameBufferTest {
    @Property(tries = 100)
    void givesBackWhatWasAdded(@ForAll @Size(max = 20) List<byte[]> parts) throws IOException {
        FrameBuffer buffer = new FrameBuffer();
        for (int message = 0; message < 2; message++) {
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            for (byte[] part : parts) {
                for (int i = 0; i < 1_000; i++) {
                    buffer.add(ByteBuffer.wrap(part));
                    expected.writeBytes(part);
                }
            }
            assertThat(buffer.size()).isEqualTo(expected.size());
            RawFrame frame = buffer.take();

            assertThat(frame.size()).isEqualTo(expected.size());
            assertThat(frame.content().readAllBytes()).isEqualTo(expected.toByteArray());
        }
    }

    @Test
    void forgetsWhatIsCleared() throws IOException {
        FrameBuffer buffer = new FrameBuffer();
        buffer.add(ByteBuffer.wrap(new byte[100_000]));
        buffer.clear();
        buffer.add(ByteBuffer.wrap(new byte[] {1}));

        assertThat(buffer.take().content().readAllBytes()).containsExactly(1);
    }
}
