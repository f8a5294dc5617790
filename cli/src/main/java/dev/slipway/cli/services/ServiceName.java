package dev.slipway.cli.services;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.slipway.settings.Backend;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The services, in the order in which they are started; they are stopped in the reverse one. */
public enum ServiceName {
    DISPATCHER("dispatcher", 8080, 384),
    CONNECTOR("connector", 8081, 256),
    EXECUTOR_DIRECT("executor-direct", 8082, 256, Backend.DIRECT),
    EXECUTOR_DOCKER("executor-docker", 8083, 256, Backend.DOCKER),
    EXECUTOR_K8S("executor-k8s", 8084, 256, Backend.KUBERNETES);

    private final String directory;
    private final int usualPort;
    private final int heapMegabytes;
    private final @Nullable Backend backend;

    ServiceName(String directory, int usualPort, int heapMegabytes) {
        this(directory, usualPort, heapMegabytes, null);
    }

    ServiceName(String directory, int usualPort, int heapMegabytes, @Nullable Backend backend) {
        this.backend = backend;
        this.directory = directory;
        this.usualPort = usualPort;
        this.heapMegabytes = heapMegabytes;
    }

    /** Its name in files and messages, and the directory of its module. */
    @JsonValue
    public String wireName() {
        return directory;
    }

    @JsonCreator
    public static ServiceName ofWireName(String name) {
        return Arrays.stream(values())
                .filter(service -> service.directory.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no service has this name"));
    }

    static ServiceName executorOf(Backend backend) {
        return Arrays.stream(values())
                .filter(service -> service.backend == backend)
                .findFirst()
                .orElseThrow();
    }

    /** Whose executor it is, if it is one. */
    Optional<Backend> backend() {
        return Optional.ofNullable(backend);
    }

    int usualPort() {
        return usualPort;
    }

    int heapMegabytes() {
        return heapMegabytes;
    }
}
