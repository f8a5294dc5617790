package dev.slipway.acceptance;

import dev.slipway.protocol.BackendKind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What is done to the services and their backend and asked of them, in rounds: the same for the same seed. All times are milliseconds from the
 * beginning of the round.
 *
 * <p>Three faults are carried out side by side: one that ends services or an engine, and two different ones that do not. So every kind meets
 * every other sooner or later, and services are never started for two faults at once.
 */
record FaultPlan(BackendKind backend, long seed, List<Round> rounds) {
    /** Tasks arrive during so much of a round, and the faults come in the midst of them. */
    private static final int ARRIVALS = 1_500;

    /** Long enough that assignments are rejected. A start that fails is tried for at least 11 seconds: none fails for good. */
    private static final int LONGEST_FULL_DISK = 6_000;

    private static final int AT_ONCE = 3;

    private static final int OUTPUT_STEPS = 10;

    /** So long is a line of output, bytes: none lies on two pages of a disk, and a write to a full one writes all of it or nothing. */
    static final int LINE = 64;

    /** Faults, and the tasks that arrive around them. The next round begins when the faults are over. */
    record Round(List<Task> tasks, List<Strike> strikes) {}

    /** A fault and its time. */
    record Strike(long at, Fault fault) {}

    /** Something bad. */
    sealed interface Fault {
        /** SIGKILL to all of these at once; started again after {@code down} ms. */
        record Kill(List<String> services, long down) implements Fault {}

        /** SIGTERM to all of these; started again when they have ended. */
        record Restart(List<String> services) implements Fault {}

        /** SIGSTOP to those of these that run, and SIGCONT after {@code length} ms. */
        record Pause(List<String> services, long length) implements Fault {}

        /** The control plane resets the connection. */
        record Cut() implements Fault {}

        /** The control plane reads nothing for {@code length} ms. */
        record Stall(long length) implements Fault {}

        /** The control plane says that it will send nothing more. */
        record HalfClose() implements Fault {}

        /** The disk of the state directory is full for {@code length} ms. */
        record FullDisk(long length) implements Fault {}

        /** The same, and every service is killed meanwhile. */
        record KillOnFullDisk(long length) implements Fault {}

        /** What can only be done to one kind of backend. */
        sealed interface OfBackend extends Fault {}

        /** SIGKILL to the shell that keeps a run of the direct executor, and to nothing else. */
        record KillKeeper() implements OfBackend {}

        /** SIGKILL to the Docker engine, and with it to its containerd; started again after {@code down} ms. */
        record KillEngine(long down) implements OfBackend {}

        /** SIGTERM to the Docker engine; started again when it has ended. */
        record RestartEngine() implements OfBackend {}

        /** SIGSTOP to the Docker engine, and SIGCONT after {@code length} ms. */
        record PauseEngine(long length) implements OfBackend {}

        /** Somebody removes a container that runs. */
        record RemoveContainer() implements OfBackend {}
    }

    /**
     * @param fromControlPlane or else from the API
     * @param length about how long its agent runs, ms
     * @param lines of output: a multiple of {@value #OUTPUT_STEPS}
     * @param leavesChild whether the agent leaves a process that ignores SIGTERM
     * @param againAt when it is assigned or submitted once more
     * @param cancelAt when it is cancelled
     */
    record Task(
            int number,
            boolean fromControlPlane,
            long at,
            long length,
            int exitCode,
            int lines,
            boolean leavesChild,
            OptionalLong againAt,
            OptionalLong cancelAt) {
        String id() {
            return "task-" + number;
        }

        String execution() {
            return "run-" + number;
        }

        /** Everything that its agent writes. */
        String output() {
            StringBuilder text = new StringBuilder();
            for (int line = 1; line <= lines; line++) {
                text.append(line(execution(), line));
            }
            return text.toString();
        }
    }

    private static String line(String execution, int number) {
        return "%-50s %012d%n".formatted(execution, number);
    }

    /** How many bytes of an execution's output there are up to the end of the last line of it that this contains. */
    static int outputUpTo(String execution, String text) {
        Matcher lines = Pattern.compile("%-50s (\\d{12})".formatted(execution)).matcher(text);
        int last = 0;
        while (lines.find()) {
            last = Integer.parseInt(lines.group(1));
        }
        return last * LINE;
    }

    /** The agent. Nothing but what it is expected to write reaches its output; before it writes a tenth of that, it notes the last line of it. Arguments: execution, seconds of a tenth of its length, exit code, lines in a tenth of its output, whether it leaves a child. */
    static String agent(String journal) {
        return """
                #!/bin/sh
                exec 2> /dev/null
                echo "start $1 $$" >> '%s'
                [ "$5" = false ] || setsid sh -c 'trap "" TERM HUP INT; while :; do sleep 0.2; done' > /dev/null 2>&1 &
                line=0
                for step in 0 1 2 3 4 5 6 7 8 9; do
                  last=$((line + $4))
                  echo "until $1 $last" >> '%s'
                  while [ $line -lt $last ]; do
                    line=$((line + 1))
                    until printf '%%-50s %%012d\\n' "$1" $line; do sleep 0.1; done
                  done
                  sleep $2
                done
                echo "end $1 $3" >> '%s'
                exit $3
                """.formatted(journal, journal, journal);
    }

    /** The agent's arguments. */
    static List<String> arguments(Task task) {
        return List.of(
                task.execution(),
                "%d.%03d".formatted(task.length() / OUTPUT_STEPS / 1000, task.length() / OUTPUT_STEPS % 1000),
                Integer.toString(task.exitCode()),
                Integer.toString(task.lines() / OUTPUT_STEPS),
                Boolean.toString(task.leavesChild()));
    }

    List<Task> tasks() {
        return rounds.stream().flatMap(round -> round.tasks().stream()).toList();
    }

    /** @param faults how many in all; each kind comes once before any comes again */
    static FaultPlan of(BackendKind backend, long seed, int tasks, int faults) {
        Random random = new Random(seed);
        int count = (faults + AT_ONCE - 1) / AT_ONCE;
        List<Round> rounds = new ArrayList<>();
        List<Fault> ending = new ArrayList<>();
        List<Fault> others = new ArrayList<>();
        List<Fault> more = new ArrayList<>();
        int number = 0;
        for (int round = 0; round < count; round++) {
            if (ending.isEmpty()) {
                ending.addAll(ending(backend, random));
                others.addAll(others(backend, random));
                more.addAll(others);
                Collections.rotate(more, 1); // so that no kind meets itself
            }
            List<Task> arriving = new ArrayList<>();
            while (number < (long) tasks * (round + 1) / count) {
                arriving.add(task(number++, random));
            }
            List<Strike> strikes = Stream.of(ending.removeLast(), others.removeLast(), more.removeLast())
                    .limit(faults - (long) AT_ONCE * round)
                    .map(fault -> new Strike(random.nextInt(ARRIVALS), fault))
                    .toList();
            rounds.add(new Round(List.copyOf(arriving), strikes));
        }
        return new FaultPlan(backend, seed, List.copyOf(rounds));
    }

    /** Tasks that write and run through all faults, each a SIGKILL of all services. */
    static FaultPlan ofLongTasks(int tasks, int faults) {
        List<Task> arriving = IntStream.range(0, tasks)
                .mapToObj(number -> new Task(
                        number, true, 0, 120_000, number, 1_000, false, OptionalLong.empty(), OptionalLong.empty()))
                .toList();
        List<Strike> strikes = List.of(new Strike(0, new Fault.Kill(services(BackendKind.DIRECT), 0)));
        List<Round> rounds = new ArrayList<>(List.of(new Round(arriving, strikes)));
        for (int round = 1; round < faults; round++) {
            rounds.add(new Round(List.of(), strikes));
        }
        return new FaultPlan(BackendKind.DIRECT, 0, List.copyOf(rounds));
    }

    private static Task task(int number, Random random) {
        long at = random.nextInt(ARRIVALS);
        return new Task(
                number,
                random.nextInt(5) > 0,
                at,
                random.nextInt(8) == 0 ? random.nextInt(12_000) : random.nextInt(3_000),
                random.nextBoolean() ? 0 : random.nextInt(1, 120),
                OUTPUT_STEPS * (random.nextInt(10) == 0 ? random.nextInt(1_000) : random.nextInt(20)),
                random.nextInt(12) == 0,
                random.nextInt(4) == 0 ? OptionalLong.of(at + random.nextInt(2_000)) : OptionalLong.empty(),
                random.nextInt(6) == 0 ? OptionalLong.of(at + random.nextInt(4_000)) : OptionalLong.empty());
    }

    /** Of each kind that ends services or an engine one, and as many as there are {@link #others}. */
    private static List<Fault> ending(BackendKind backend, Random random) {
        List<Fault> faults = new ArrayList<>();
        for (List<String> services : targets(backend)) {
            faults.add(new Fault.Kill(services, random.nextInt(1_500)));
            faults.add(new Fault.Restart(services));
        }
        faults.add(new Fault.KillOnFullDisk(random.nextInt(500, 2_000)));
        if (backend == BackendKind.DOCKER) {
            faults.add(new Fault.KillEngine(random.nextInt(1_500)));
            faults.add(new Fault.RestartEngine());
        }
        Collections.shuffle(faults, random);
        return faults;
    }

    /** Of each kind that leaves services and engine running one. */
    private static List<Fault> others(BackendKind backend, Random random) {
        List<Fault> faults = new ArrayList<>();
        for (List<String> services : targets(backend)) {
            faults.add(new Fault.Pause(services, length(random)));
        }
        faults.add(new Fault.Cut());
        faults.add(new Fault.Stall(length(random)));
        faults.add(new Fault.HalfClose());
        faults.add(new Fault.FullDisk(random.nextInt(500, LONGEST_FULL_DISK)));
        if (backend == BackendKind.DOCKER) {
            faults.add(new Fault.PauseEngine(random.nextInt(200, 4_000)));
            faults.add(new Fault.PauseEngine(random.nextInt(10_500, 13_000)));
            faults.add(new Fault.RemoveContainer());
        } else {
            faults.add(new Fault.KillKeeper());
        }
        Collections.shuffle(faults, random);
        return faults;
    }

    /** Each service alone, and all. */
    private static List<List<String>> targets(BackendKind backend) {
        List<String> services = services(backend);
        return Stream.concat(services.stream().map(List::of), Stream.of(services))
                .toList();
    }

    private static List<String> services(BackendKind backend) {
        return List.of("dispatcher", "connector", "executor-" + backend.wireName());
    }

    /** Most are shorter than every lease and timeout, some are longer than a lease, a write timeout or an assignment's patience. */
    private static long length(Random random) {
        return random.nextInt(5) == 0 ? random.nextInt(10_500, 13_000) : random.nextInt(200, 4_000);
    }
}
