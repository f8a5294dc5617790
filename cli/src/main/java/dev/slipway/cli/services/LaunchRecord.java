package dev.slipway.cli.services;

import dev.slipway.protocol.SecretValue;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a state directory remembers of its services: enough to find them, and to start one that died with the same
 * tokens and ports.
 *
 * @param metrics of the dispatcher; port 0 while it does not run
 * @param controlPlane kept while the services run, so that a connector that died can be started again
 */
record LaunchRecord(
        SecretValue apiToken,
        SecretValue internalToken,
        Map<ServiceName, Integer> ports,
        ListenAddress metrics,
        Map<ServiceName, ProcessMark> processes,
        LaunchRequest.Owner owner,
        LogLevel logLevel,
        Optional<ControlPlane> controlPlane) {

    /**
     * A process that cannot be mistaken for a later one with the same id.
     *
     * @param start when it started, on a clock that nobody can set
     */
    record ProcessMark(long pid, String start) {}

    LaunchRecord {
        ports = Map.copyOf(ports);
        processes = Map.copyOf(processes);
    }

    Optional<ProcessMark> process(ServiceName service) {
        return Optional.ofNullable(processes.get(service));
    }

    boolean isAlive(ServiceName service) {
        return process(service).filter(Processes::isAlive).isPresent();
    }

    /** 0 if the service has none. */
    int port(ServiceName service) {
        return ports.getOrDefault(service, 0);
    }

    LaunchRecord withProcess(ServiceName service, ProcessMark mark) {
        var changed = copyOf(processes);
        changed.put(service, mark);
        return withProcesses(changed);
    }

    LaunchRecord withoutProcess(ServiceName service) {
        var changed = copyOf(processes);
        changed.remove(service);
        return withProcesses(changed);
    }

    LaunchRecord withPorts(Map<ServiceName, Integer> otherPorts, ListenAddress otherMetrics) {
        return new LaunchRecord(
                apiToken, internalToken, otherPorts, otherMetrics, processes, owner, logLevel, controlPlane);
    }

    LaunchRecord withOwner(LaunchRequest.Owner other) {
        return new LaunchRecord(apiToken, internalToken, ports, metrics, processes, other, logLevel, controlPlane);
    }

    /** What stays when the services are stopped: the tokens. */
    LaunchRecord stopped() {
        return new LaunchRecord(
                apiToken, internalToken, Map.of(), metrics.withPort(0), Map.of(), owner, logLevel, Optional.empty());
    }

    String url(ServiceName service) {
        return "http://127.0.0.1:" + port(service);
    }

    /** Where the service tells whether it is ready; the dispatcher does so beside its metrics. */
    String healthUrl(ServiceName service) {
        return service == ServiceName.DISPATCHER ? metrics.url() : url(service);
    }

    private LaunchRecord withProcesses(Map<ServiceName, ProcessMark> others) {
        return new LaunchRecord(apiToken, internalToken, ports, metrics, others, owner, logLevel, controlPlane);
    }

    private static Map<ServiceName, ProcessMark> copyOf(Map<ServiceName, ProcessMark> processes) {
        var copy = new EnumMap<ServiceName, ProcessMark>(ServiceName.class);
        copy.putAll(processes);
        return copy;
    }
}
