package dev.slipway.testkit;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A real image registry on loopback that wants a password, with everything it has in one directory. */
public final class DockerRegistry implements AutoCloseable {
    public static final String USER = "user";
    public static final String PASSWORD = "canary:password";

    private static final Duration READY = Duration.ofSeconds(30);
    private static final long POLL_MILLIS = 50;

    private final int port;
    private final Process process;

    private DockerRegistry(int port, Process process) {
        this.port = port;
        this.process = process;
    }

    /** Why none can run here; empty if one can. */
    public static Optional<String> obstacle() {
        return List.of("/usr/bin/docker-registry", "/usr/bin/htpasswd").stream()
                .filter(program -> !Files.isExecutable(Path.of(program)))
                .findFirst()
                .map(program -> "%s is missing: apt-get install docker-registry apache2-utils".formatted(program));
    }

    /** Starts one, and waits until it listens. */
    public static DockerRegistry start(Path directory) throws IOException {
        Files.createDirectories(directory);
        int port = freePort();
        Path passwords = Files.writeString(
                directory.resolve("passwords"), run("/usr/bin/htpasswd", "-nbB", USER, PASSWORD) + "\n");
        Path settings = Files.writeString(
                directory.resolve("registry.yml"), """
                version: 0.1
                storage: {filesystem: {rootdirectory: %s}}
                http: {addr: '127.0.0.1:%d'}
                auth: {htpasswd: {realm: tests, path: %s}}
                """.formatted(directory.resolve("data"), port, passwords));
        Process process = new ProcessBuilder("/usr/bin/docker-registry", "serve", settings.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        DockerRegistry registry = new DockerRegistry(port, process);
        long deadline = System.nanoTime() + READY.toNanos();
        while (!registry.listens()) {
            if (System.nanoTime() > deadline || !process.isAlive()) {
                registry.close();
                throw new IOException("the registry does not listen: " + Files.readString(directory.resolve("log")));
            }
            await(process);
        }
        return registry;
    }

    /** As it is in images' names. */
    public String host() {
        return "127.0.0.1:" + port;
    }

    /** The engine's client's configuration after a login. */
    public String clientConfig() {
        String auth = Base64.getEncoder().encodeToString((USER + ":" + PASSWORD).getBytes(StandardCharsets.UTF_8));
        return "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(host(), auth);
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        process.onExit().join();
    }

    private boolean listens() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), (int) POLL_MILLIS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void await(Process process) throws InterruptedIOException {
        try {
            process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the registry");
        }
    }

    private static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }
}
