package dev.slipway.protocol;

/**
 * One launch of one execution. The attempt (1, 2, …) is the fencing number: an agent starts at most once per key.
 *
 * @param execution the execution's id, opaque and at most {@value #MAX_ID} characters; never a path or a name unchecked
 * @param attempt counted from 1
 */
public record ExecutionKey(String execution, int attempt) {
    /** The longest id taken from outside, in characters. */
    public static final int MAX_ID = 512;

    public ExecutionKey {
        if (execution.isEmpty() || execution.length() > MAX_ID) {
            throw new IllegalArgumentException("an execution id has 1 to " + MAX_ID + " characters");
        }
        if (attempt < 1) {
            throw new IllegalArgumentException("attempts are counted from 1");
        }
    }

    @Override
    public String toString() {
        return execution + "#" + attempt;
    }
}
