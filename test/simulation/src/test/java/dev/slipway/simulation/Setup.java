package dev.slipway.simulation;

import dev.slipway.dispatcher.core.Limits;
import dev.slipway.protocol.BackendKind;
import java.util.List;

/** The installation that a history is about. */
record Setup(List<Seat> executors, Limits limits) {
    /** One executor's id and what stays the same over all its processes. */
    record Seat(String id, BackendKind backend, int slots) {}
}
