package dev.slipway.acceptance;

import java.util.List;

/**
 * How soon everything is back after a SIGKILL of all services.
 *
 * @param bare seconds, of each time without a task, until the services are up and know each other
 * @param running seconds, of each time with tasks, until all of these are observed again, too
 * @param verdict on the tasks
 */
record Recovery(List<Double> bare, List<Double> running, Verdict verdict) {
    static final int ROUNDS = 3;
}
