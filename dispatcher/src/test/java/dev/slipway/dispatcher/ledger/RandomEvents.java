package dev.slipway.dispatcher.ledger;

import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Execution;
import dev.slipway.dispatcher.core.Life;
import dev.slipway.dispatcher.core.Source;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.FailureReason;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Plays whatever can happen to a dispatcher, the same for the same seed. */
final class RandomEvents {
    private final Random random;
    private final Story story;
    private int submitted;

    RandomEvents(int seed, Story story) {
        this.random = new Random(seed);
        this.story = story;
    }

    void next() throws SQLException {
        switch (random.nextInt(8)) {
            case 0, 1 -> {
                int task = random.nextInt(12);
                boolean api = random.nextBoolean();
                story.submit("e" + submitted++, "t" + task, api ? Source.API : Source.CONTROL_PLANE);
            }
            case 2 -> story.confirmEverything();
            case 3, 4 -> report("x" + (1 + random.nextInt(2)));
            case 5 -> story.play(new Event.CancelTask("t" + random.nextInt(12), "user"));
            case 6 -> story.play(new Event.Drain("x" + (1 + random.nextInt(2)), random.nextInt(4) == 0));
            default -> {
                story.pass(random.nextInt(20_000));
                story.play(new Event.Tick());
            }
        }
    }

    /** The executor reports most of what it should have; now and then something has vanished. */
    private void report(String executor) throws SQLException {
        List<ExecutorSync.Run> runs = new ArrayList<>();
        List<ExecutorSync.Finished> finished = new ArrayList<>();
        for (Execution execution : story.state().activeOn(executor)) {
            long at = story.now();
            switch (random.nextInt(8)) {
                case 0 -> {}
                case 1, 2 ->
                    finished.add(new ExecutorSync.Finished(
                            execution.key(),
                            new Ending.Exited(
                                    random.nextInt(2), FailureReason.AGENT_INVOCATION, "ended", random.nextBoolean()),
                            at,
                            at));
                case 3 ->
                    finished.add(new ExecutorSync.Finished(
                            execution.key(),
                            new Ending.NotStarted(FailureReason.WORKSPACE_SETUP, "no space", random.nextBoolean()),
                            0,
                            at));
                default ->
                    runs.add(new ExecutorSync.Run(
                            execution.key(),
                            execution.life() instanceof Life.Running || random.nextBoolean(),
                            execution.life() instanceof Life.Stopping,
                            at,
                            random.nextInt(2) * 2_000L,
                            "phase %d: %d".formatted(random.nextInt(2), random.nextInt(100))));
            }
        }
        story.report(executor, runs, finished);
    }
}
