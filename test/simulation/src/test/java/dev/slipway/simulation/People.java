package dev.slipway.simulation;

import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Source;
import java.util.Collection;

/** Those who use the public API. They ask once, and live with whatever comes of it. */
final class People {
    private static final String LINK = "api";

    /** They do not die. */
    private static final class Client extends SimulatedProcess {
        Client(World world) {
            super(world, LINK);
        }

        @Override
        void start() {}
    }

    private final World world;
    private final Client client;

    People(World world) {
        this.world = world;
        this.client = new Client(world);
    }

    void submit(Action.Submit submit) {
        world.wire()
                .call(
                        LINK,
                        client,
                        world.submission(
                                0,
                                submit.execution(),
                                true,
                                "task-of-" + submit.execution(),
                                Source.API,
                                submit.priority(),
                                submit.needsImage(),
                                submit.plan()),
                        _ -> {});
    }

    void cancel(String execution) {
        ask(new Event.CancelExecution(execution, "somebody"));
    }

    void drain(String executor, boolean drained) {
        if (drained) {
            world.met(Happening.DRAINED);
        }
        ask(new Event.Drain(executor, drained));
    }

    void shutDown() {
        ask(new Event.ShutDown("somebody"));
    }

    /** Lets every executor work again. */
    void calm(Collection<String> executors) {
        executors.forEach(executor -> drain(executor, false));
    }

    private void ask(Event event) {
        world.wire().call(LINK, client, Call.of(event), _ -> {});
    }
}
