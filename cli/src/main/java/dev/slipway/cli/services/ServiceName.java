package dev.slipway.cli.services;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;

/** The services, in the order in which they are started; they are stopped in the reverse one. */
public enum ServiceName {
    DISPATCHER("dispatcher", 8080, 384),
    CONNECTOR("connector", 8081, 256),
    EXECUTOR_DIRECT("executor-direct", 8082, 256);

    private final String directory;
    private final int usualPort;
    private final int heapMegabytes;

    ServiceName(String directory, int usualPort, int heapMegabytes) {
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

    int usualPort() {
        return usualPort;
    }

    int heapMegabytes() {
        return heapMegabytes;
    }
}
