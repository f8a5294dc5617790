package dev.slipway.acceptance;

import dev.slipway.acceptance.FaultPlan.Fault;
import dev.slipway.protocol.BackendKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** One kind of backend under faults: everything in which it differs from another one for those who carry out a plan. */
interface FaultyBackend extends AutoCloseable {
    /** What was done to a run from outside. */
    sealed interface Harm {
        /** Its keeper was killed while its agent ran. */
        record KeeperKilled() implements Harm {}

        /**
         * Its container was killed, and removed with all that the engine had recorded of it.
         *
         * @param isGone whether it was removed; or else it was killed at most, by a removal to which nobody answered
         * @param told so many bytes of its output Slipway had told before
         */
        record ContainerRemoved(boolean isGone, int told, Meanwhile meanwhile) implements Harm {}

        /**
         * Its engine was ended, and started again, before it had recorded its container's end.
         *
         * @param isKilled whether it had no time to record what it had read
         * @param keepsContainers whether it is one that lets them live
         * @param hadStarted whether it had recorded the container's start before
         * @param recorded up to so many bytes of its output it had recorded before
         */
        record EngineEnded(
                boolean isKilled, boolean keepsContainers, boolean hadStarted, int recorded, Meanwhile meanwhile)
                implements Harm {}
    }

    /** So many lines the agents' journal had just before something began to be done, and so many when it was over. */
    record Meanwhile(int from, int to) {}

    /**
     * @param seed of the plan; what the plan leaves open depends on it
     * @param directory an empty one
     */
    static FaultyBackend of(BackendKind kind, long seed, Path directory) throws IOException {
        return switch (kind) {
            case DIRECT -> new FaultyHost(directory);
            case DOCKER -> new FaultyEngine(directory, seed % 2 == 0);
            case KUBERNETES -> throw new IllegalArgumentException("no cluster is at hand that may be broken");
        };
    }

    /** Writes the operator's file. */
    void configure(Slipway slipway, int slots) throws IOException;

    Agents agents();

    /** The images that an assignment names, by its fields. */
    Map<String, String> ofAssignment();

    /** The same of what is submitted to the API. */
    Map<String, String> ofSubmission();

    void carryOut(Fault.OfBackend fault) throws Exception;

    /** What was done to executions. */
    Map<String, List<Harm>> harmed();

    /** What is left of runs, besides processes. */
    List<String> left() throws IOException;

    /** In words, what the next reader of the verdict should know. */
    List<String> remarks();

    @Override
    void close() throws IOException;
}
