package dev.slipway.connector;

import dev.slipway.connector.egress.Route;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** The process: 0 after an orderly stop, 1 and a sentence when it cannot start. */
@QuarkusMain
public class Main implements QuarkusApplication {
    private static final Logger LOG = Logger.getLogger(Main.class);
    private static final long ORDERLY_STOP_SECONDS = 20;

    private final Connector connector;

    Main(Connector connector) {
        this.connector = connector;
    }

    public static void main(String... args) {
        // A JVM that is ended by a signal says 143 once its hooks are through. So one hook waits until the application
        // has stopped, when the exit code is told instead.
        CountDownLatch never = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                boolean _ = never.await(ORDERLY_STOP_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
        Route.allowProxyPasswords();
        Quarkus.run(Main.class, (code, _) -> Runtime.getRuntime().halt(code), args);
    }

    @Override
    public int run(String... args) {
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
