package dev.slipway.acceptance;

import dev.slipway.acceptance.FaultPlan.Fault;
import dev.slipway.protocol.BackendKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One kind of backend under faults: everything in which it differs from another one for those who carry out a plan. */
interface FaultyBackend extends AutoCloseable {
    /** What was done to runs from outside. */
    enum Harm {
        /** Their keeper was killed while their agent ran. */
        KEEPER_KILLED,
        /** Their container was removed. */
        CONTAINER_REMOVED,
        /** The engine was killed or restarted before it had recorded their end. */
        ENGINE_GONE
    }

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

    /** The executions that had it done to them. */
    Map<Harm, Set<String>> harmed();

    /** What is left of runs, besides processes. */
    List<String> left() throws IOException;

    /** In words, what the next reader of the verdict should know. */
    List<String> remarks();

    @Override
    void close() throws IOException;
}
