package dev.slipway.acceptance;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A test of the packaged product, in a directory of its own, which leaves nothing behind. */
abstract class InstalledTest {
    @TempDir
    Path directory;

    Slipway slipway;
    Journal journal;

    @BeforeEach
    void prepare() {
        slipway = new Slipway(directory);
        journal = new Journal(directory);
    }

    @AfterEach
    void stop() throws Exception {
        slipway.close();
    }
}
