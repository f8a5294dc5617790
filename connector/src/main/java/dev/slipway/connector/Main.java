package dev.slipway.connector;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.annotations.QuarkusMain;
import org.jboss.logging.Logger;

/** The process: 0 after an orderly stop, 1 and a sentence when it cannot start. */
@QuarkusMain
public class Main implements QuarkusApplication {
    private static final Logger LOG = Logger.getLogger(Main.class);

    private final Connector connector;

    Main(Connector connector) {
        this.connector = connector;
    }

    public static void main(String... args) {
        // The application is stopped by then. A JVM that a signal ends would say 143, whatever it is told.
        Quarkus.run(Main.class, (code, _) -> Runtime.getRuntime().halt(code), args);
    }

    @Override
    public int run(String... args) throws InterruptedException {
        try {
            connector.start();
        } catch (Misconfigured misconfigured) {
            LOG.error(misconfigured.getMessage());
            return 1;
        }
        Quarkus.waitForExit();
        return 0;
    }
}
