package dev.slipway.simulation;

import java.util.Optional;

/** What the control plane wants run. */
record Assignment(String task, Optional<String> execution, int plan) {
    /** The id under which it is submitted. */
    String id() {
        return execution.orElse(task);
    }
}
