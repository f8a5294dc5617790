package dev.slipway.cli.services;

import dev.slipway.settings.Backend;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which services to start, and on which ports, given what was asked for, what is remembered and what is alive.
 *
 * @param start in the order of starting, each with its port
 * @param metricsHost where the dispatcher, if it is to be started, serves its metrics
 * @param metrics the port there
 * @param controlPlane the one to use; the remembered one for as long as any service of that launch is alive
 * @param unheeded whether the request asks for something that services which are alive will not heed
 */
record LaunchPlan(
        Map<ServiceName, PortWish> start,
        String metricsHost,
        PortWish metrics,
        Optional<ControlPlane> controlPlane,
        LaunchRequest.Owner owner,
        boolean unheeded) {

    /** @param backends those whose executors are to run */
    static LaunchPlan of(
            LaunchRequest request, Optional<LaunchRecord> remembered, Set<ServiceName> alive, Set<Backend> backends) {
        var living = remembered.filter(launch -> !alive.isEmpty());
        var controlPlane = request.controlPlane().or(() -> living.flatMap(LaunchRecord::controlPlane));
        var start = new EnumMap<ServiceName, PortWish>(ServiceName.class);
        for (var service : ServiceName.values()) {
            boolean unwanted = service.backend()
                    .filter(backend -> !backends.contains(backend))
                    .isPresent();
            if (alive.contains(service) || unwanted || (service == ServiceName.CONNECTOR && controlPlane.isEmpty())) {
                continue;
            }
            start.put(service, portOf(service, request, remembered, living.isPresent()));
        }
        return new LaunchPlan(
                Collections.unmodifiableMap(start),
                living.map(LaunchRecord::metrics).orElse(request.metrics()).host(),
                metricsPort(request, remembered, living.isPresent()),
                controlPlane,
                living.map(LaunchRecord::owner)
                        .filter(owner -> owner == LaunchRequest.Owner.OPERATOR)
                        .orElse(request.owner()),
                living.filter(launch -> differs(request, launch, alive)).isPresent());
    }

    private static PortWish portOf(
            ServiceName service, LaunchRequest request, Optional<LaunchRecord> remembered, boolean othersLive) {
        int usual = request.http().preferred() == 0 ? 0 : service.usualPort();
        int earlier = remembered.map(launch -> launch.port(service)).orElse(0);
        if (service != ServiceName.DISPATCHER) {
            return PortWish.rather(earlier == 0 ? usual : earlier);
        }
        if (othersLive && earlier != 0) {
            return PortWish.only(earlier); // the others know it by this one
        }
        return request.http().preferred() == 0 ? PortWish.rather(earlier) : request.http();
    }

    /** Never required: telemetry must not keep tasks from running. */
    private static PortWish metricsPort(LaunchRequest request, Optional<LaunchRecord> remembered, boolean othersLive) {
        int earlier = remembered.map(launch -> launch.metrics().port()).orElse(0);
        int wished = request.metrics().port();
        return PortWish.rather(earlier != 0 && (othersLive || wished == 0) ? earlier : wished);
    }

    private static boolean differs(LaunchRequest request, LaunchRecord launch, Set<ServiceName> alive) {
        int port = alive.contains(ServiceName.DISPATCHER) ? launch.port(ServiceName.DISPATCHER) : 0;
        return (alive.contains(ServiceName.CONNECTOR)
                        && request.controlPlane().isPresent()
                        && !request.controlPlane().equals(launch.controlPlane()))
                || (port != 0 && request.http().required() && request.http().preferred() != port);
    }
}
