package dev.slipway.acceptance;

import dev.slipway.testkit.Assignment;
import dev.slipway.testkit.FakeControlPlane;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A test of the packaged product and a control plane. */
abstract class ControlPlaneTest extends InstalledTest {
    FakeControlPlane controlPlane;

    @BeforeEach
    void startControlPlane() {
        controlPlane = FakeControlPlane.start(Slipway.PATIENCE, 0);
    }

    @Override
    @AfterEach
    void stop() throws Exception {
        try {
            super.stop();
        } finally {
            controlPlane.close();
        }
    }

    /** Starts the services by the file that {@link Slipway#configure} wrote, and returns when they are connected. */
    void up() throws Exception {
        slipway.with("WARP_API_KEY", "key")
                .up("--web-socket-url", controlPlane.uri().toString());
        controlPlane.awaitConnection(1);
    }

    void assign(String task, String play) {
        controlPlane.assign(assignment(task, play));
    }

    static Assignment assignment(String task, String play) {
        return Assignment.of(task).execution("execution-of-" + task).env("PLAY", play);
    }
}
