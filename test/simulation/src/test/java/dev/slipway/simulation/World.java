package dev.slipway.simulation;

import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Message;
import dev.slipway.dispatcher.core.Source;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.TaskSpec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/** One history's universe: virtual time, one queue of steps, and everything that lives in it. One thread runs it. */
final class World {
    private static final long BEGINNING = 1_750_000_000_000L;

    /** When everything works again, and nothing can need longer than this, everything must have come to its end. */
    private static final long CALM = 600_000;

    /** So long after the calm began, the last time-outs and repetitions of before it may still begin something. */
    private static final long AFTERMATH = 20_000;

    private static final long SETTLING = 2_000;

    /** So long, what has slept goes on before the control plane can be reached again. */
    private static final long AFTER_SLEEP = 10_000;

    /** Several times what any history needs. */
    private static final int MOST_STEPS = 20_000;

    /** Says what a step is; asked only when somebody reads it. */
    interface Label {
        String text();
    }

    /** An observer of every step. */
    interface Trace {
        void step(long millis, Label label);
    }

    private record Step(long at, long order, Label label, Runnable action) {}

    private final History history;
    private final Parts parts;
    private final Trace trace;
    private final PriorityQueue<Step> steps =
            new PriorityQueue<>(Comparator.comparingLong(Step::at).thenComparingLong(Step::order));
    private final Map<String, SplittableRandom> chances = new HashMap<>();
    private final Map<Happening, Integer> met = new EnumMap<>(Happening.class);
    private final List<Action.Moment> crashes = new ArrayList<>();
    private final Deque<Action.FailCommit> failingCommits = new ArrayDeque<>();

    private FakeLedger ledger = new FakeLedger("ledger-1");
    private Optional<FakeLedger> copy = Optional.empty();
    private final Rules rules;
    private final Wire wire = new Wire(this);
    private final ControlPlaneModel plane = new ControlPlaneModel(this);
    private final People people = new People(this);
    private final Map<String, Host> hosts = new LinkedHashMap<>();
    private DispatcherProcess dispatcher;
    private ConnectorProcess connector;
    private long now = BEGINNING;
    private long orders;
    private int dispatcherLives;
    private long crashDown;
    private boolean slept;

    World(History history, Parts parts, Trace trace) {
        this.history = history;
        this.parts = parts;
        this.trace = trace;
        this.rules = new Rules(this, history.setup(), ledger);
        history.setup().executors().forEach(seat -> hosts.put(seat.id(), new Host(this, seat, parts)));
        this.dispatcher = parts.dispatcher(this, ledger, history.setup().limits(), ++dispatcherLives);
        this.connector = parts.connector(this, now);
    }

    /** Lives through the history and what follows, until everything has come to rest. */
    void run() {
        dispatcher.start();
        connector.start();
        hosts.values().forEach(Host::start);
        for (Action action : history.actions()) {
            at(BEGINNING + action.at(), action::toString, () -> perform(action));
        }
        runUntil(BEGINNING + history.length());
        if (slept) {
            runUntil(now + AFTER_SLEEP);
        }
        calm();
        long end = now + CALM;
        runUntil(now + AFTERMATH);
        people.calm(hosts.keySet());
        runUntil(now + SETTLING);
        Optional<Violation> unrest = rules.unrest();
        while (unrest.isPresent() && now < end) {
            runUntil(now + SETTLING);
            unrest = rules.unrest();
        }
        if (unrest.isPresent()) {
            throw unrest.get();
        }
        rules.memoryEqualsRows(dispatcher.state(), ledger.restore("at rest"));
        sleepThroughRetention();
    }

    /** The whole machine sleeps for so long that nothing has to be remembered. */
    private void sleepThroughRetention() {
        plane.wantNothing();
        now += history.setup().limits().times().retention();
        runUntil(now + 3 * SETTLING);
        rules.isEmpty();
    }

    /** What was due meanwhile happens at once, only that calls do not stay under way for so long. */
    private void sleep() {
        if (ledger.outbox().stream().anyMatch(message -> message.kind() == Message.Kind.RESULT)) {
            met(Happening.SLEPT_WITH_SOMETHING_TO_TELL);
        }
        slept = true;
        now += history.setup().limits().times().retention() + 1;
    }

    private void runUntil(long end) {
        while (!steps.isEmpty() && steps.element().at() <= end) {
            Step step = steps.remove();
            now = Math.max(now, step.at());
            trace.step(now - BEGINNING, step.label());
            step.action().run();
            rules.afterStep();
            if (orders > MOST_STEPS) {
                throw new Violation("calls are held while there is nothing to say", "there are more and more steps");
            }
        }
        now = Math.max(now, end);
    }

    private void perform(Action action) {
        switch (action) {
            case Action.Submit submit -> people.submit(submit);
            case Action.CancelExecution cancel -> people.cancel(cancel.execution());
            case Action.Assign assign -> plane.assign(new Assignment(assign.task(), assign.execution(), assign.plan()));
            case Action.AssignAgain again ->
                history.actions().stream()
                        .filter(first -> first.at() == again.first())
                        .filter(Action.Assign.class::isInstance)
                        .map(Action.Assign.class::cast)
                        .forEach(assign ->
                                plane.assign(new Assignment(assign.task(), assign.execution(), assign.plan())));
            case Action.CancelTask cancel -> plane.cancel(cancel.task());
            case Action.Drain drain -> people.drain(drain.executor(), drain.drained());
            case Action.CrashDispatcher crash
            when crash.moment() == Action.Moment.NOW -> {
                met(Happening.DISPATCHER_DIED);
                crashDispatcher(crash.down());
            }
            case Action.CrashDispatcher crash -> {
                crashes.add(crash.moment());
                crashDown = crash.down();
            }
            case Action.CopyLedger _ -> copy = Optional.of(ledger.copy());
            case Action.StartOnCopy start ->
                copy.ifPresent(older -> {
                    met(Happening.STARTED_ON_OLDER_COPY);
                    replaceLedger(older, start.down());
                });
            case Action.StartOnEmpty start -> {
                met(Happening.STARTED_ON_EMPTY_LEDGER);
                replaceLedger(new FakeLedger("ledger-2"), start.down());
            }
            case Action.PauseDispatcher pause -> {
                met(Happening.DISPATCHER_STOOD_STILL);
                pause(dispatcher, pause.pause());
            }
            case Action.FailCommit fail -> failingCommits.add(fail);
            case Action.CrashExecutor crash -> host(crash.executor()).crash(crash.down());
            case Action.Reboot reboot -> host(reboot.executor()).reboot(reboot.down());
            case Action.Leave leave -> host(leave.executor()).leave(leave.down());
            case Action.ShutDown _ -> people.shutDown();
            case Action.PauseExecutor pause -> host(pause.executor()).pause(pause.pause(), pause.replaced());
            case Action.LoseEngine lose -> host(lose.executor()).engine().beUnreachable(lose.during());
            case Action.CrashConnector crash -> {
                met(Happening.CONNECTOR_DIED);
                connector.die();
                after(crash.down(), () -> "a connector begins", this::startConnector);
            }
            case Action.PauseConnector pause -> pause(connector, pause.pause());
            case Action.CutConnection cut -> plane.cut(cut.unnoticed(), cut.unreachable());
            case Action.Deafen deafen -> plane.deafen(deafen.during());
            case Action.Disturb disturb -> wire.disturb(disturb);
            case Action.SleepPastRetention _ -> sleep();
        }
    }

    private void pause(SimulatedProcess process, long millis) {
        process.pause();
        after(millis, () -> process.name() + " goes on", process::resume);
    }

    private void startConnector() {
        if (connector.isDead()) {
            connector = parts.connector(this, now);
            connector.start();
        }
    }

    private void crashDispatcher(long down) {
        dispatcher.die();
        after(down, () -> "a dispatcher begins", this::startDispatcher);
    }

    private void replaceLedger(FakeLedger other, long down) {
        crashDispatcher(down);
        rules.replaced(other);
        ledger = other;
        copy = Optional.empty();
    }

    private void startDispatcher() {
        if (dispatcher.isDead()) {
            rules.dispatcherForgets();
            dispatcher = parts.dispatcher(this, ledger, history.setup().limits(), ++dispatcherLives);
            dispatcher.start();
        }
    }

    /** Nothing fails from now on. */
    private void calm() {
        crashes.clear();
        failingCommits.clear();
        wire.calm();
        plane.calm();
        startDispatcher();
        dispatcher.resume();
        startConnector();
        connector.calm();
        hosts.values().forEach(Host::calm);
    }

    /** Whether the dispatcher dies at this very point of a batch that changes something. */
    boolean crashesAt(Action.Moment moment, List<Change.Durable> rows) {
        if (rows.isEmpty() || !crashes.remove(moment)) {
            return false;
        }
        crashDispatcher(crashDown);
        return true;
    }

    /** How the transaction fails, if it does. */
    Optional<Action.FailCommit> commitFailure(List<Change.Durable> rows) {
        return rows.isEmpty() ? Optional.empty() : Optional.ofNullable(failingCommits.poll());
    }

    /** Milliseconds since the epoch. */
    long now() {
        return now;
    }

    void after(long millis, Label label, Runnable action) {
        at(now + millis, label, action);
    }

    void at(long time, Label label, Runnable action) {
        steps.add(new Step(time, ++orders, label, action));
    }

    /** A source of chance of its own, so that what is taken from a history changes little of the rest. */
    SplittableRandom chance(String name) {
        return chances.computeIfAbsent(name, key -> new SplittableRandom(history.seed() * 31 + key.hashCode()));
    }

    void met(Happening happening) {
        met.merge(happening, 1, Integer::sum);
    }

    Map<Happening, Integer> met() {
        return met;
    }

    /** The one that the dispatcher has now. */
    FakeLedger ledger() {
        return ledger;
    }

    Rules rules() {
        return rules;
    }

    Wire wire() {
        return wire;
    }

    ControlPlaneModel plane() {
        return plane;
    }

    DispatcherProcess dispatcher() {
        return dispatcher;
    }

    ConnectorProcess connector() {
        return connector;
    }

    Iterable<Host> hosts() {
        return hosts.values();
    }

    Host host(String executor) {
        return Optional.ofNullable(hosts.get(executor)).orElseThrow();
    }

    Plan plan(TaskSpec spec) {
        Program.Command command = (Program.Command) spec.program();
        return history.plans().get(Integer.parseInt(command.argv().get(1)));
    }

    /** The call that submits an execution. */
    Call submission(
            long connector,
            String id,
            boolean named,
            String task,
            Source source,
            int priority,
            boolean needsImage,
            int plan) {
        return new Call(
                new Event.Submit(
                        connector,
                        id,
                        named,
                        task,
                        source,
                        priority,
                        needsImage,
                        history.plans().get(plan).timeout()),
                Optional.of(new TaskSpec(
                        task,
                        new Program.Command(List.of("agent", Integer.toString(plan))),
                        Optional.empty(),
                        Map.of(),
                        Optional.empty(),
                        Optional.empty())));
    }
}
