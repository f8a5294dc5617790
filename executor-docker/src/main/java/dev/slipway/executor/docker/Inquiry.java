package dev.slipway.executor.docker;

import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;

/** Finds out what has become of a run, by its container, its claim and what the engine remembers. */
final class Inquiry {
    private final Engine engine;
    private final Owner owner;
    private final Claims claims;
    private final Revocation revocation;
    private final InstantSource clock;

    Inquiry(Engine engine, Owner owner, Claims claims, InstantSource clock) {
        this.engine = engine;
        this.owner = owner;
        this.claims = claims;
        this.revocation = new Revocation(engine, claims, owner);
        this.clock = clock;
    }

    /** How the run is now; its handle ends when it has ended. */
    Observed look(RunId run, RunHandle handle) throws IOException {
        Optional<Observed.Ended> known = handle.ended();
        if (known.isPresent()) {
            return known.get();
        }
        Optional<String> step = handle.step();
        if (step.isPresent()) {
            return new Observed.Preparing(step.get());
        }
        Optional<ContainerState> container = engine.container(Names.container(run));
        if (container.isEmpty()) {
            return withoutContainer(run, handle);
        }
        ContainerState state = container.get();
        if (isGhost(state)) {
            return lose(handle);
        }
        if (state.isAlive()) {
            return new Observed.Running(state.beganAtMillis());
        }
        if (state.isOver()) {
            return settle(run, handle, state);
        }
        if (state.status().equals("created")) {
            if (state.isRefused()) {
                return handle.end(new Observed.Ended(Verdict.notStarted(state.error()), 0, clock.millis()));
            }
            if (owner.hasMade(state.labels())) {
                return new Observed.Preparing("starting");
            }
            abandon(run, handle);
            return new Observed.Preparing("looking whether it has begun");
        }
        return withoutContainer(run, handle); // it is being removed
    }

    private Observed settle(RunId run, RunHandle handle, ContainerState state) throws IOException {
        handle.ending.lock();
        try {
            if (handle.ended().isPresent()) {
                return handle.ended().get();
            }
            boolean hasProgram = !Verdict.asksForProgram(state) || hasProgram(state);
            boolean isStopping = claims.isStopping(run);
            long began = state.hasBegun() ? state.beganAtMillis() : 0;
            return handle.end(new Observed.Ended(
                    new Verdict(state, hasProgram, isStopping).ending(),
                    began,
                    Math.max(state.finishedAtMillis(), began)));
        } finally {
            handle.ending.unlock();
        }
    }

    private boolean hasProgram(ContainerState state) throws IOException {
        for (String file : state.programFiles()) {
            if (engine.hasProgram(state.id(), file)) {
                return true;
            }
        }
        return false;
    }

    private Observed withoutContainer(RunId run, RunHandle handle) throws IOException {
        handle.ending.lock();
        try {
            Optional<Claims.Claim> claim = claims.find(run);
            if (claim.isEmpty()) {
                return new Observed.Ended(
                        Cause.EVIDENCE_GONE.lost("the Docker engine has no container and no mark of the run"), 0, 0);
            }
            if (handle.step().isPresent()
                    || engine.container(Names.container(run)).isPresent()) {
                return new Observed.Preparing("being started or removed");
            }
            return handle.end(new Observed.Ended(endingOf(run, claim.get()), 0, clock.millis()));
        } finally {
            handle.ending.unlock();
        }
    }

    private Ending endingOf(RunId run, Claims.Claim claim) throws IOException {
        String program = claim.labels().getOrDefault(Names.PROGRAM, "the agent");
        Claims.Purpose purpose = claim.purpose() == Claims.Purpose.START
                ? revocation.neverBegan(run, claim, Claims.Purpose.ABANDONED).orElse(Claims.Purpose.START)
                : claim.purpose();
        return switch (purpose) {
            case REVOKED -> Cause.STOPPED_BEFORE_START.notStarted("stopped before %s started".formatted(program));
            case ABANDONED ->
                Cause.START_INTERRUPTED.notStarted("the executor was interrupted before %s started".formatted(program));
            case START -> Cause.CONTAINER_GONE.lost("the container %s is gone".formatted(Names.container(run)));
        };
    }

    /** Of a container that an earlier process has made and not started, as far as can be seen. */
    void abandon(RunId run, RunHandle handle) throws IOException {
        Optional<ContainerState> container = engine.container(Names.container(run));
        if (container.isPresent()
                && !owner.hasMade(container.get().labels())
                && !container.get().hasBegun()
                && !container.get().isRefused()) {
            takeAway(run, handle, Claims.Purpose.ABANDONED);
        }
    }

    /** @return whether the agent certainly never ran and never will */
    boolean takeAway(RunId run, RunHandle handle, Claims.Purpose purpose) throws IOException {
        handle.ending.lock();
        try {
            Revocation.Outcome outcome = revocation.takeAway(run, purpose, handle.isStartSent());
            if (outcome == Revocation.Outcome.UNKNOWN) {
                lose(handle);
            }
            return outcome == Revocation.Outcome.NEVER_BEGAN;
        } finally {
            handle.ending.unlock();
        }
    }

    /** Of a run whose end nobody will ever see: what the engine says of it is not what happened. */
    private Observed.Ended lose(RunHandle handle) {
        return handle.end(new Observed.Ended(
                Cause.KEEPER_KILLED.lost(
                        "the Docker engine was restarted while it was to start the task, and does not know whether it runs"),
                0,
                clock.millis()));
    }

    /** An engine that was ended over a start may take for running what has ended, and for ever: it did not start it itself. */
    boolean isGhost(ContainerState container) throws IOException {
        return container.isAlive() && container.startedAtMillis() == 0 && !engine.hasProcesses(container.id());
    }
}
