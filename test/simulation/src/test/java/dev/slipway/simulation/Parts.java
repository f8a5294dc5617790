package dev.slipway.simulation;

import dev.slipway.dispatcher.core.Limits;

/** What a world is made of. A mutant makes one part differently. */
class Parts {
    DispatcherProcess dispatcher(World world, FakeLedger ledger, Limits limits, int life) {
        return new DispatcherProcess(world, ledger, limits, life);
    }

    ExecutorProcess executor(World world, Setup.Seat seat, FakeEngine engine, long incarnation) {
        return new ExecutorProcess(world, seat, engine, incarnation);
    }

    ConnectorProcess connector(World world, long incarnation) {
        return new ConnectorProcess(world, incarnation);
    }
}
