package dev.slipway.simulation;

import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.FailureReason;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * An engine as {@link dev.slipway.executor.core.Backend} promises it: it outlives every executor, an agent starts at most once
 * per run because starting and revoking race on one claim, and evidence stays until it is forgotten. What an executor that was
 * overtaken by a newer process still wants done, it refuses.
 */
final class FakeEngine {
    private static final long SPAWNING = 300;

    /** The plan of what was revoked before anyone knew what it is. */
    private static final Plan NOTHING = new Plan(0, 0, false, 0, 0, 0, 0, 0, OptionalLong.empty());

    /** Everything about one run. */
    static final class Agent {
        private final RunId run;
        private final Plan plan;
        private Phase phase = Phase.PREPARING;
        private long startedAt;
        private long endedAt;
        private int exitCode;
        private boolean stopBegun;
        private boolean exitedAfterStop;
        private Optional<Ending> ending = Optional.empty();

        private Agent(RunId run, Plan plan) {
            this.run = run;
            this.plan = plan;
        }

        RunId run() {
            return run;
        }

        /** Whether anything of it is left, or could still begin. */
        boolean isLive() {
            return phase != Phase.ENDED;
        }

        boolean isRunning() {
            return phase == Phase.RUNNING || phase == Phase.LINGERING;
        }

        long startedAt() {
            return startedAt;
        }

        /** Empty while it is live. */
        Optional<Ending> ending() {
            return ending;
        }
    }

    private enum Phase {
        /** The executor gets ready what the agent needs. */
        PREPARING,
        /** The agent will start unless its right to is revoked before. */
        SPAWNED,
        RUNNING,
        /** The agent has ended, its descendants have not. */
        LINGERING,
        ENDED
    }

    /** What became of a start. */
    sealed interface Begun {
        /** It runs, or what becomes of it can be observed. */
        record Observable() implements Begun {}

        record Never(StartFailure failure) implements Begun {}

        record Unknown(IOException failure) implements Begun {}
    }

    private final World world;
    private final String executor;
    private final Map<RunId, Agent> evidence = new LinkedHashMap<>();
    /** Everything that ever was, whether or not its evidence still is. */
    private final Map<RunId, Agent> truth = new LinkedHashMap<>();

    private long newest;
    private long unreachableUntil;

    FakeEngine(World world, String executor) {
        this.world = world;
        this.executor = executor;
    }

    /** Fails every call for a while. */
    void beUnreachable(long millis) {
        unreachableUntil = world.now() + millis;
    }

    void beReachable() {
        unreachableUntil = 0;
    }

    Collection<Agent> live() {
        return truth.values().stream().filter(Agent::isLive).toList();
    }

    Optional<Agent> agent(RunId run) {
        return Optional.ofNullable(truth.get(run));
    }

    boolean hasEvidence(String ledger) {
        return evidence.keySet().stream().anyMatch(run -> run.ledger().equals(ledger));
    }

    /** The latest incarnation of the executor that has looked for survivors. */
    long newest() {
        return newest;
    }

    /** What earlier processes left; from now on nothing is done for them any more. */
    List<RunId> survivors(long incarnation) throws IOException {
        reach();
        newest = Math.max(newest, incarnation);
        for (Agent agent : evidence.values()) {
            if (agent.phase == Phase.PREPARING) {
                world.met(Happening.EXECUTOR_DIED_WHILE_PREPARING);
                neverStarts(agent, Cause.START_INTERRUPTED, "its executor ended while it was being prepared");
            }
        }
        return List.copyOf(evidence.keySet());
    }

    /** Starts a run, or adopts what carries its id. Preparing it is the starter's work and dies with it. */
    void start(ExecutorProcess starter, RunId run, Plan plan, Consumer<Begun> done) {
        try {
            reach(starter);
        } catch (IOException e) {
            done.accept(new Begun.Unknown(e));
            return;
        }
        if (evidence.containsKey(run)) {
            done.accept(new Begun.Observable());
            return;
        }
        Agent agent = new Agent(run, plan);
        remember(run, agent);
        starter.later(plan.prepare(), "has prepared " + run, () -> prepared(starter, agent, done));
    }

    private void prepared(ExecutorProcess starter, Agent agent, Consumer<Begun> done) {
        if (agent.phase != Phase.PREPARING) {
            done.accept(new Begun.Observable());
        } else if (agent.run.key().attempt() <= agent.plan.failedStarts()) {
            world.met(Happening.START_FAILED);
            Cause cause = agent.plan.isPassing() ? Cause.START_FAILED : Cause.PROGRAM_MISSING;
            neverStarts(agent, cause, "it cannot start");
            done.accept(new Begun.Never(new StartFailure(cause, "it cannot start")));
        } else {
            agent.phase = Phase.SPAWNED;
            world.after(
                    world.chance("engine of " + executor).nextLong(SPAWNING),
                    () -> executor + "'s engine claims " + agent.run,
                    () -> claim(agent));
            starter.later(1, "has started " + agent.run, () -> done.accept(new Begun.Observable()));
        }
    }

    private void claim(Agent agent) {
        if (agent.phase == Phase.SPAWNED) {
            world.rules().agentStarts(executor, agent.run);
            agent.phase = Phase.RUNNING;
            agent.startedAt = world.now();
            world.after(
                    agent.plan.run(),
                    () -> "agent " + agent.run + " has done its work",
                    () -> exit(agent, agent.plan.exitCode(), agent.plan.linger()));
        }
    }

    private void exit(Agent agent, int code, long linger) {
        if (agent.phase == Phase.RUNNING) {
            agent.phase = Phase.LINGERING;
            agent.exitCode = code;
            agent.exitedAfterStop = agent.stopBegun;
            world.after(linger, () -> "nothing is left of agent " + agent.run, () -> gone(agent));
        }
    }

    private void gone(Agent agent) {
        if (agent.phase == Phase.LINGERING) {
            end(
                    agent,
                    new Ending.Exited(
                            agent.exitCode,
                            FailureReason.AGENT_INVOCATION,
                            "exit " + agent.exitCode,
                            agent.exitedAfterStop));
        }
    }

    private void neverStarts(Agent agent, Cause cause, String message) {
        end(agent, cause.notStarted(message));
    }

    /** The whole machine starts anew: nothing that ran is left, and nobody saw how it ended. */
    void reboot() {
        for (Agent agent : live()) {
            if (agent.isRunning()) {
                world.met(Happening.HOST_RESTARTED_WHILE_RUNNING);
                end(agent, Cause.HOST_RESTARTED.lost("the host was restarted"));
            } else {
                neverStarts(agent, Cause.START_INTERRUPTED, "the host was restarted");
            }
        }
    }

    private void end(Agent agent, Ending ending) {
        agent.phase = Phase.ENDED;
        agent.endedAt = world.now();
        agent.ending = Optional.of(ending);
    }

    Observed observe(RunId run) throws IOException {
        reach();
        Agent agent = evidence.get(run);
        if (agent == null) {
            return new Observed.Ended(
                    new Ending.Lost(FailureReason.UNKNOWN, "there is no evidence of it"), 0, world.now());
        }
        return switch (agent.phase) {
            case PREPARING, SPAWNED -> new Observed.Preparing("getting ready");
            case RUNNING, LINGERING -> new Observed.Running(agent.startedAt);
            case ENDED -> new Observed.Ended(agent.ending.orElseThrow(), agent.startedAt, agent.endedAt);
        };
    }

    /** Takes away the right to start; whether the agent certainly never ran and never will. */
    boolean revoke(ExecutorProcess caller, RunId run) throws IOException {
        reach(caller);
        Agent agent = evidence.get(run);
        if (agent == null) {
            world.met(Happening.REVOKED_UNKNOWN_RUN);
            agent = new Agent(run, NOTHING);
            remember(run, agent);
            neverStarts(agent, Cause.STOPPED_BEFORE_START, "its right to start was revoked");
        } else if (agent.phase == Phase.PREPARING || agent.phase == Phase.SPAWNED) {
            world.met(Happening.REVOKED_WHILE_PREPARING);
            neverStarts(agent, Cause.STOPPED_BEFORE_START, "its right to start was revoked");
        }
        return agent.ending.filter(Ending.NotStarted.class::isInstance).isPresent();
    }

    /** Takes away the right to start, or ends what runs; whether nothing of it is left. */
    boolean stop(ExecutorProcess caller, RunId run, Duration grace) throws IOException {
        world.rules().stops(executor, run);
        if (revoke(caller, run)) {
            return true;
        }
        Agent agent = Optional.ofNullable(evidence.get(run)).orElseThrow();
        if (!agent.isLive()) {
            return true;
        }
        if (!agent.stopBegun) {
            agent.stopBegun = true;
            boolean isPolite = agent.plan.politeExit() <= grace.toMillis();
            world.met(isPolite ? Happening.AGENT_STOPPED : Happening.AGENT_KILLED);
            world.after(
                    isPolite ? agent.plan.politeExit() : grace.toMillis(),
                    () -> "agent " + agent.run + " is stopped",
                    () -> {
                        exit(agent, isPolite ? agent.plan.politeCode() : 137, 0);
                        gone(agent);
                    });
        }
        return false;
    }

    void forget(ExecutorProcess caller, RunId run) throws IOException {
        reach(caller);
        world.rules().forgets(executor, run);
        evidence.remove(run);
    }

    private void remember(RunId run, Agent agent) {
        evidence.put(run, agent);
        truth.put(run, agent);
    }

    private void reach() throws IOException {
        if (world.now() < unreachableUntil) {
            world.met(Happening.ENGINE_UNREACHABLE);
            throw new IOException("the engine cannot be reached");
        }
    }

    private void reach(ExecutorProcess caller) throws IOException {
        reach();
        if (caller.incarnation() < newest) {
            world.met(Happening.OVERTAKEN_EXECUTOR_REFUSED);
            throw new IOException("a newer process has taken over");
        }
    }
}
