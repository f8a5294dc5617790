package dev.slipway.cli.services;

import dev.slipway.cli.CliFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Finds ports of the loopback address that nobody listens on. */
final class Ports {
    private Ports() {}

    /** The launch with a port for every service that is to be started; the others keep theirs. */
    static LaunchRecord choose(LaunchRecord launch, LaunchPlan plan, Consumer<String> notes) {
        var ports = new EnumMap<ServiceName, Integer>(ServiceName.class);
        launch.processes().keySet().forEach(service -> ports.put(service, launch.port(service)));
        var taken = new HashSet<>(ports.values());
        var metrics = launch.metrics();
        for (var entry : plan.start().entrySet()) {
            var service = entry.getKey();
            int port = pick(entry.getValue(), taken, "the " + service.wireName());
            taken.add(port);
            ports.put(service, port);
            if (service == ServiceName.DISPATCHER) {
                metrics = new ListenAddress(
                        hostForMetrics(plan.metricsHost(), notes), pick(plan.metrics(), taken, "metrics"));
                taken.add(metrics.port());
                noteOther("the API is", entry.getValue(), port, notes);
                noteOther("metrics are", plan.metrics(), metrics.port(), notes);
            }
        }
        return launch.withPorts(ports, metrics);
    }

    /** A free one for each. */
    static Map<ServiceName, Integer> free(ServiceName... services) {
        var ports = new EnumMap<ServiceName, Integer>(ServiceName.class);
        for (var service : services) {
            ports.put(service, pick(PortWish.ANY, Set.copyOf(ports.values()), service.wireName()));
        }
        return ports;
    }

    private static void noteOther(String what, PortWish wish, int port, Consumer<String> notes) {
        if (wish.preferred() != 0 && wish.preferred() != port) {
            notes.accept("port %d is in use: %s on port %d instead".formatted(wish.preferred(), what, port));
        }
    }

    /** @param taken ports that are given away already though nobody listens on them yet */
    private static int pick(PortWish wish, Set<Integer> taken, String purpose) {
        if (wish.preferred() != 0 && !taken.contains(wish.preferred()) && isFree(wish.preferred())) {
            return wish.preferred();
        }
        if (wish.required()) {
            throw new CliFailure(
                    "port %d, for %s, is in use: give another one with --http-port (0 = any free one), or end what uses it"
                            .formatted(wish.preferred(), purpose));
        }
        int port;
        do {
            port = anyFree();
        } while (taken.contains(port));
        return port;
    }

    /** Telemetry must not keep tasks from running, so another host is no failure. */
    private static String hostForMetrics(String wished, Consumer<String> notes) {
        var address = new InetSocketAddress(wished, 0);
        if (!address.isUnresolved() && canListen(address)) {
            return wished;
        }
        notes.accept("%s is no address of this host: metrics are on loopback instead".formatted(wished));
        return ListenAddress.loopback(0).host();
    }

    static boolean isFree(int port) {
        return canListen(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    private static boolean canListen(InetSocketAddress address) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(address);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static int anyFree() {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new CliFailure("no port of the loopback address can be had: " + e.getMessage());
        }
    }
}
