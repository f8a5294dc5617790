package dev.slipway.acceptance;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.awaitility.core.ConditionTimeoutException;

/** The agents of a plan: their program, the journal that they keep, and what is done to them from outside. */
final class Agents {
    /** How long to look for one that runs: services may be down or paused at first. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Path journal;
    private final Path program;
    private final Set<String> unkept = ConcurrentHashMap.newKeySet();

    /** @param directory gets the journal and the program */
    Agents(Path directory) throws IOException {
        journal = Files.createFile(directory.resolve("journal"));
        program = Files.writeString(directory.resolve("agent"), FaultPlan.agent(journal.toString()));
        if (!program.toFile().setExecutable(true)) {
            throw new IOException(program + " cannot be made executable");
        }
    }

    private record Agent(String execution, ProcessHandle process, ProcessHandle keeper) {}

    Path program() {
        return program;
    }

    List<String> journal() throws IOException {
        return Files.readAllLines(journal);
    }

    /** The executions whose keeper was killed while their agent ran. */
    Set<String> unkept() {
        return Set.copyOf(unkept);
    }

    /** Kills the keeper of an agent that runs, and nothing else; in vain if none runs for long. */
    void killKeeper() {
        try {
            await("an agent to run").atMost(PATIENCE).until(this::killOneKeeper);
        } catch (ConditionTimeoutException e) {
            // the verdict counts those that were hit
        }
    }

    private boolean killOneKeeper() throws IOException, InterruptedException {
        for (String line : journal().reversed()) {
            Optional<Agent> agent = agent(line);
            if (agent.isPresent() && killKeeper(agent.get())) {
                return true;
            }
        }
        return false;
    }

    /** The one that wrote this line when it started, if it runs and is kept. */
    private static Optional<Agent> agent(String line) {
        String[] words = line.split(" ", -1);
        if (!words[0].equals("start")) {
            return Optional.empty();
        }
        return ProcessHandle.of(Long.parseLong(words[2]))
                .flatMap(process -> process.parent()
                        .filter(parent -> parent.info().commandLine().orElse("").contains("keeper.sh"))
                        .map(keeper -> new Agent(words[1], process, keeper)));
    }

    /**
     * The agent is halted meanwhile: its end cannot come before its keeper's.
     *
     * @return whether it was hit; or else it was at its end already
     */
    private boolean killKeeper(Agent agent) throws IOException, InterruptedException {
        FaultyServices.signal(agent.process(), "STOP");
        try {
            Optional<Character> state = await("the agent to halt")
                    .atMost(PATIENCE)
                    .until(
                            () -> Slipway.state(agent.process().pid()),
                            now -> now.isEmpty() || "TZ".indexOf(now.get()) >= 0);
            if (!state.equals(Optional.of('T')) || hasEnded(agent.execution())) {
                return false;
            }
            unkept.add(agent.execution());
            agent.keeper().destroyForcibly();
            await("the keeper to end")
                    .atMost(PATIENCE)
                    .until(() -> !Slipway.runs(agent.keeper().pid()));
            return true;
        } finally {
            FaultyServices.signal(agent.process(), "CONT");
        }
    }

    private boolean hasEnded(String execution) throws IOException {
        return journal().stream().anyMatch(line -> line.startsWith("end " + execution + " "));
    }
}
