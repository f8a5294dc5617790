package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class PullProgressTest {
    private final PullProgress progress = new PullProgress();

    @Test
    void countsTheLayersThatAreHereAndTheBytesThatAreKnown() throws IOException {
        assertThat(progress.words("a:1")).isEqualTo("pulling image a:1");

        hear("{\"status\":\"Pulling from a\",\"id\":\"1\"}");
        assertThat(progress.words("a:1")).isEqualTo("pulling image a:1");

        hear("{\"status\":\"Already exists\",\"id\":\"l0\"}");
        hear("{\"status\":\"Pulling fs layer\",\"id\":\"l1\"}");
        hear("{\"status\":\"Pulling fs layer\",\"id\":\"l2\"}");
        assertThat(progress.words("a:1")).isEqualTo("pulling image a:1: 1 of 3 layers");

        hear("{\"status\":\"Downloading\",\"id\":\"l1\",\"progressDetail\":{\"current\":1048576,\"total\":4194304}}");
        hear("{\"status\":\"Downloading\",\"id\":\"l2\",\"progressDetail\":{\"current\":0,\"total\":2097152}}");
        assertThat(progress.words("a:1")).isEqualTo("pulling image a:1: 1 of 3 layers, 1 of 6 MB");

        hear("{\"status\":\"Download complete\",\"id\":\"l1\",\"progressDetail\":{}}");
        hear("{\"status\":\"Extracting\",\"id\":\"l1\",\"progressDetail\":{\"current\":1,\"total\":2}}");
        assertThat(progress.words("a:1")).isEqualTo("pulling image a:1: 1 of 3 layers, 4 of 6 MB");

        hear("{\"status\":\"Pull complete\",\"id\":\"l1\",\"progressDetail\":{}}");
        assertThat(progress.words("a:1")).isEqualTo("pulling image a:1: 2 of 3 layers, 4 of 6 MB");
    }

    @Test
    void aDownloadOfUnknownSizeIsALayerThatIsNotHere() throws IOException {
        hear("{\"status\":\"Downloading\",\"id\":\"l1\",\"progressDetail\":{\"current\":5}}");
        hear("{\"status\":\"Download complete\",\"id\":\"l2\"}");

        assertThat(progress.words("a:1")).isEqualTo("pulling image a:1: 0 of 2 layers");
    }

    private void hear(String line) throws IOException {
        progress.hear(EngineConnection.JSON.readTree(line));
    }
}
