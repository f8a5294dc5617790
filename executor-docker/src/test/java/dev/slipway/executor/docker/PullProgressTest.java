package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class PullProgressTest {
    private final PullProgress progress = new PullProgress();

    @Test
    void addsUpWhatTheEngineSaysOfItsLayers() throws IOException {
        assertThat(progress.words("a:1")).isEqualTo("pulling a:1");

        hear("{\"status\":\"Pulling from a\",\"id\":\"1\"}");
        hear("{\"status\":\"Downloading\",\"id\":\"l1\",\"progressDetail\":{\"current\":1048576,\"total\":4194304}}");
        hear("{\"status\":\"Downloading\",\"id\":\"l2\",\"progressDetail\":{\"current\":0,\"total\":2097152}}");
        assertThat(progress.words("a:1")).isEqualTo("pulling a:1: 1 of 6 MB");

        hear("{\"status\":\"Download complete\",\"id\":\"l1\",\"progressDetail\":{}}");
        assertThat(progress.words("a:1")).isEqualTo("pulling a:1: 4 of 6 MB");
    }

    private void hear(String line) throws IOException {
        progress.hear(EngineConnection.JSON.readTree(line));
    }
}
