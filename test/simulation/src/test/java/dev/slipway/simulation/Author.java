package dev.slipway.simulation;

import dev.slipway.dispatcher.core.Limits;
import dev.slipway.dispatcher.core.RetryPolicy;
import dev.slipway.protocol.BackendKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/** Writes histories: the seed decides all of one. */
final class Author {
    private static final long RETENTION = 3_600_000;

    private final long seed;
    private final SplittableRandom chance;

    /** Apart, so that it changes nothing else of a history. */
    private final SplittableRandom slowness;

    private final List<Plan> plans = new ArrayList<>();
    private final List<Action> actions = new ArrayList<>();
    private final long length;

    private Author(long seed) {
        this.seed = seed;
        this.chance = new SplittableRandom(seed);
        this.slowness = new SplittableRandom(~seed);
        this.length = between(10_000, 60_000);
    }

    static History history(long seed) {
        return new Author(seed).write();
    }

    private History write() {
        Setup setup = setup();
        work(setup);
        misfortunes(setup);
        setup.limits().times().lost().ifPresent(limit -> stayAway(setup, limit));
        if (oneIn(4)) {
            sleep();
        }
        if (oneIn(4)) {
            replaceLedger();
        }
        actions.sort(Comparator.comparingLong(Action::at));
        return new History(seed, setup, plans, actions, length);
    }

    private Setup setup() {
        List<Setup.Seat> seats = new ArrayList<>();
        int executors = 1 + chance.nextInt(3);
        for (int i = 1; i <= executors; i++) {
            seats.add(new Setup.Seat(
                    "executor-" + i, oneOf(BackendKind.DIRECT, BackendKind.DOCKER), pick(0, 1, 1, 2, 2, 3)));
        }
        Limits limits = new Limits(
                pick(0, 1, 2, 3, 5),
                pick(0, 2, 10, 100),
                oneIn(4) ? Map.of(BackendKind.DOCKER, 1) : Map.of(),
                new Limits.Times(
                        pick(500, 2_000, 5_000),
                        10_000,
                        RETENTION,
                        perhaps(6, 3_000, 8_000),
                        perhaps(6, 5_000, 30_000),
                        perhaps(4, 2_000, 10_000),
                        perhaps(4, 12_000, 25_000)),
                new RetryPolicy(pick(1, 2, 3, 3), pick(200, 1_000, 5_000), 8_000));
        return new Setup(seats, limits);
    }

    private void work(Setup setup) {
        boolean imagesRun =
                setup.executors().stream().anyMatch(seat -> seat.backend().runsImages());
        int assignments = chance.nextInt(12);
        for (int i = 1; i <= assignments; i++) {
            boolean named = !oneIn(5);
            String task = (named ? "task-" : "unnamed-") + (1 + chance.nextInt(8));
            Action.Assign assign = new Action.Assign(
                    moment(), task, named ? Optional.of("execution-" + i) : Optional.empty(), plan(true));
            actions.add(assign);
            if (oneIn(4)) {
                actions.add(new Action.AssignAgain(after(assign), assign.at()));
            }
            if (oneIn(4)) {
                actions.add(new Action.CancelTask(after(assign), task));
            }
        }
        int submissions = chance.nextInt(assignments == 0 ? 2 : 0, 8);
        for (int i = 1; i <= submissions; i++) {
            Action.Submit submit =
                    new Action.Submit(moment(), "submitted-" + i, oneIn(4) ? 5 : 0, imagesRun && oneIn(4), plan(false));
            actions.add(submit);
            if (oneIn(4)) {
                actions.add(new Action.CancelExecution(after(submit), submit.execution()));
            }
        }
    }

    private int plan(boolean controlPlane) {
        plans.add(new Plan(
                pick(0, 100, 1_000, 4_000) + (slowness.nextInt(8) == 0 ? 10_000 : 0),
                oneIn(8) ? 1 + chance.nextInt(4) : 0,
                !oneIn(3),
                between(0, pick(500, 5_000, 20_000, 60_000)),
                pick(0, 0, 0, 1, 7, 137),
                between(0, 4_000),
                pick(143, 143, 0),
                oneIn(3) ? between(0, 2_000) : 0,
                !controlPlane && oneIn(3) ? OptionalLong.of(between(500, 8_000)) : OptionalLong.empty()));
        return plans.size() - 1;
    }

    private void misfortunes(Setup setup) {
        int misfortunes = chance.nextInt(14);
        for (int i = 0; i < misfortunes; i++) {
            String executor = setup.executors()
                    .get(chance.nextInt(setup.executors().size()))
                    .id();
            long at = moment();
            switch (chance.nextInt(21)) {
                case 0, 1 ->
                    actions.add(new Action.CrashDispatcher(
                            at,
                            oneOf(
                                    Action.Moment.NOW,
                                    Action.Moment.BEFORE_COMMIT,
                                    Action.Moment.AFTER_COMMIT,
                                    Action.Moment.AFTER_COMMIT),
                            between(0, 8_000)));
                case 2 -> actions.add(new Action.FailCommit(at, oneIn(3)));
                case 3, 4 -> actions.add(new Action.CrashExecutor(at, executor, between(0, oneIn(4) ? 60_000 : 8_000)));
                case 5 -> actions.add(new Action.PauseExecutor(at, executor, between(500, 15_000), !oneIn(3)));
                case 6 -> actions.add(new Action.LoseEngine(at, executor, between(500, 8_000)));
                case 7 -> actions.add(new Action.CrashConnector(at, between(0, 8_000)));
                case 8 -> actions.add(new Action.PauseConnector(at, between(500, 15_000)));
                case 9, 10 ->
                    actions.add(new Action.CutConnection(
                            at, oneIn(2) ? 0 : between(100, 20_000), oneIn(2) ? 0 : between(100, 10_000)));
                case 11 -> actions.add(new Action.Deafen(at, between(1_000, 25_000)));
                case 12 -> actions.add(new Action.PauseDispatcher(at, between(500, 12_000)));
                case 13 -> {
                    actions.add(new Action.Drain(at, executor, true));
                    actions.add(new Action.Drain(Math.min(length, at + between(1, 10_000)), executor, false));
                }
                case 14 -> actions.add(new Action.Reboot(at, executor, between(1_000, 8_000)));
                case 15 -> actions.add(new Action.Leave(at, executor, between(0, 8_000)));
                case 16 -> shutDown(at);
                case 17 -> {
                    // Long enough for it to reject what it has no answer to, and to die over that.
                    long late = between(4_000, 12_000);
                    actions.add(new Action.Disturb(at, ConnectorProcess.ID, late, 0, 0, late));
                    actions.add(
                            new Action.CrashConnector(Math.min(length, at + between(4_000, late)), between(0, 8_000)));
                }
                default ->
                    actions.add(new Action.Disturb(
                            at,
                            oneOf(executor, executor, ConnectorProcess.ID, ConnectorProcess.ID, "api"),
                            between(1_000, 20_000),
                            pick(0, 10, 40, 90),
                            pick(0, 10, 40),
                            pick(0, 200, 2_000, 10_000)));
            }
        }
    }

    /** Asked once, or again and again until the dispatcher is stopped, or until whoever asks goes away. */
    private void shutDown(long at) {
        long asked = at;
        actions.add(new Action.ShutDown(asked));
        while (oneIn(2)) {
            asked = Math.min(length, asked + between(200, 20_000));
            actions.add(new Action.ShutDown(asked));
        }
        if (oneIn(2)) {
            long stopped = Math.min(length, asked + between(200, 5_000));
            actions.add(new Action.CrashDispatcher(stopped, Action.Moment.NOW, between(0, 8_000)));
        }
    }

    /** For longer than the dispatcher waits for an executor. */
    private void stayAway(Setup setup, long limit) {
        String executor =
                setup.executors().get(chance.nextInt(setup.executors().size())).id();
        actions.add(new Action.CrashExecutor(between(0, length / 2), executor, limit + between(0, 15_000)));
    }

    /** While the control plane cannot be reached, so that something of what ended in time may be unconfirmed. */
    private void sleep() {
        long cut = between(0, length);
        actions.add(new Action.CutConnection(cut, 0, length + RETENTION));
        actions.add(new Action.SleepPastRetention(length));
    }

    /** By a copy that was made shortly after some work came, or by nothing. */
    private void replaceLedger() {
        List<Action> work = actions.stream()
                .filter(action -> action instanceof Action.Assign || action instanceof Action.Submit)
                .toList();
        long copied = work.isEmpty() ? 0 : work.get(chance.nextInt(work.size())).at() + between(0, 1_500);
        long started = Math.min(length - 1, copied + between(100, pick(2_000, 20_000)));
        if (oneIn(3)) {
            actions.add(new Action.StartOnEmpty(started, between(0, 5_000)));
        } else {
            actions.add(new Action.CopyLedger(Math.min(started, copied)));
            actions.add(new Action.StartOnCopy(started, between(0, 5_000)));
        }
    }

    /** Often shortly before the latest one, because trouble needs company. */
    private long moment() {
        if (oneIn(3) && !actions.isEmpty()) {
            long latest = actions.getLast().at();
            return Math.min(length, latest + between(0, 300));
        }
        return between(0, length);
    }

    private long after(Action action) {
        return Math.min(length, action.at() + between(0, pick(100, 2_000, 20_000)));
    }

    private OptionalLong perhaps(int n, long least, long most) {
        return oneIn(n) ? OptionalLong.of(between(least, most)) : OptionalLong.empty();
    }

    private boolean oneIn(int n) {
        return chance.nextInt(n) == 0;
    }

    private long between(long least, long most) {
        return chance.nextLong(least, most + 1);
    }

    private int pick(int... choices) {
        return choices[chance.nextInt(choices.length)];
    }

    @SafeVarargs
    private final <T> T oneOf(T... choices) {
        return choices[chance.nextInt(choices.length)];
    }
}
