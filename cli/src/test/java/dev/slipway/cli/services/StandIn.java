package dev.slipway.cli.services;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;

/** The program of a service that does nothing but say that it is ready; packed into a jar by the test. */
public final class StandIn {
    private StandIn() {}

    public static void main(String[] arguments) throws IOException {
        var stateDir = Path.of(System.getenv("SLIPWAY_STATE_DIR"));
        if (Files.exists(stateDir.resolve("fail"))) {
            System.out.println("{\"level\": \"ERROR\", \"message\": \"the ledger is damaged\"}");
            System.exit(7);
        }
        serve(System.getenv("QUARKUS_HTTP_PORT"));
        if (System.getenv("QUARKUS_MANAGEMENT_PORT") != null) {
            serve(System.getenv("QUARKUS_MANAGEMENT_PORT"));
        }
    }

    private static void serve(String port) throws IOException {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port));
        var server = HttpServer.create(address, 0);
        server.setExecutor(Executors.newSingleThreadExecutor());
        server.createContext("/health", exchange -> {
            boolean connected = !Files.exists(Path.of(System.getenv("SLIPWAY_STATE_DIR"), "cut off"))
                    || !System.getenv().containsKey("WARP_API_KEY");
            boolean live = exchange.getRequestURI().getPath().endsWith("live");
            exchange.sendResponseHeaders(connected || live ? 200 : 503, -1);
            exchange.close();
        });
        server.start();
    }
}
