package dev.slipway.simulation;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Calls between a service and the dispatcher. They and their responses take time, overtake each other, and may be disturbed. */
final class Wire {
    private static final long USUAL_LATENCY = 20;

    /** A call that is under way when the machine falls asleep is broken when it wakes. */
    private static final long LONGEST_UNDER_WAY = 60_000;

    private record Disturbance(long until, int lostPercent, int doubledPercent, long late) {
        static final Disturbance NONE = new Disturbance(Long.MAX_VALUE, 0, 0, 0);
    }

    private final World world;
    private final Map<String, Disturbance> disturbances = new HashMap<>();

    Wire(World world) {
        this.world = world;
    }

    void disturb(Action.Disturb how) {
        disturbances.put(
                how.caller(),
                new Disturbance(world.now() + how.during(), how.lostPercent(), how.doubledPercent(), how.late()));
    }

    void calm() {
        disturbances.clear();
    }

    /**
     * Calls whichever dispatcher is there when the call arrives.
     *
     * @param link whose calls it is among
     * @param respond gets the first response that arrives, if any does
     */
    void call(String link, SimulatedProcess caller, Call call, Consumer<Response> respond) {
        boolean[] responded = {false};
        Consumer<Response> first = response -> {
            if (!responded[0]) {
                responded[0] = true;
                respond.accept(response);
            }
        };
        transmit(
                link,
                () -> link + " calls: " + call.event(),
                () -> world.dispatcher()
                        .receive(
                                call,
                                response -> transmit(
                                        link,
                                        () -> link + " is answered: " + response,
                                        () -> caller.perform(() -> first.accept(response)))));
    }

    private void transmit(String link, World.Label label, Runnable arrival) {
        SplittableRandom chance = world.chance("wire of " + link);
        Disturbance disturbance = Optional.ofNullable(disturbances.get(link))
                .filter(current -> world.now() <= current.until())
                .orElse(Disturbance.NONE);
        if (chance.nextInt(100) < disturbance.lostPercent()) {
            world.met(Happening.MESSAGE_LOST);
            return;
        }
        int copies = 1;
        if (chance.nextInt(100) < disturbance.doubledPercent()) {
            world.met(Happening.MESSAGE_DOUBLED);
            copies = 2;
        }
        for (int copy = 0; copy < copies; copy++) {
            long latency = 1 + chance.nextLong(USUAL_LATENCY);
            if (disturbance.late() > 0) {
                world.met(Happening.MESSAGE_LATE);
                latency += chance.nextLong(disturbance.late());
            }
            long due = world.now() + latency;
            world.at(due, label, () -> {
                if (world.now() <= due + LONGEST_UNDER_WAY) {
                    arrival.run();
                }
            });
        }
    }
}
