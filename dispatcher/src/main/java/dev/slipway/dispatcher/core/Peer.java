package dev.slipway.dispatcher.core;

import dev.slipway.protocol.BackendKind;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is known of the services that call in. */
public sealed interface Peer {
    /**
     * @param last its latest accepted report of this session; empty: it has not been heard of since the dispatcher started
     * @param runs those of its report, by key
     * @param ack endings of its report that are recorded
     * @param asking whether its report waits for an answer
     * @param heardAt milliseconds since the epoch; 0 before its first report
     */
    record Executor(
            String id,
            long incarnation,
            BackendKind backend,
            boolean drained,
            Optional<ExecutorSync> last,
            Map<ExecutionKey, ExecutorSync.Run> runs,
            List<ExecutionKey> ack,
            boolean asking,
            long heardAt)
            implements Peer {
        public boolean isPresent(long now, long leaseMillis) {
            return last.isPresent() && now - heardAt <= leaseMillis;
        }

        /** Whether it may be given more: it is neither drained nor shutting down, and can start something. */
        public boolean takesWork() {
            return !drained
                    && last.filter(ExecutorSync::leaving).isEmpty()
                    && obstacle().isEmpty();
        }

        /** Why it can start nothing now, in words; empty: it can. */
        public String obstacle() {
            return last.map(ExecutorSync::obstacle).orElse("");
        }

        Executor withDrained(boolean isDrained) {
            return new Executor(id, incarnation, backend, isDrained, last, runs, ack, asking, heardAt);
        }

        Executor heard(long at) {
            return new Executor(id, incarnation, backend, drained, last, runs, ack, asking, at);
        }

        Executor answered() {
            return new Executor(id, incarnation, backend, drained, last, runs, ack, false, heardAt);
        }

        /** How many runs it holds at most; 0 means no limit of its own. */
        public int slots() {
            return last.map(ExecutorSync::slots).orElse(0);
        }
    }

    /** @param asking whether its report waits for an answer */
    record Connector(String id, ConnectorSync last, boolean asking, long heardAt) implements Peer {
        public boolean isPresent(long now, long leaseMillis) {
            return now - heardAt <= leaseMillis;
        }
    }
}
