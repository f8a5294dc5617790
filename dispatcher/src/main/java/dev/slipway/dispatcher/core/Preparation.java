package dev.slipway.dispatcher.core;

import dev.slipway.protocol.Preparing;

/**
 * What was recorded of an execution's preparation. A change of the phase is recorded at once, of how far it is ever more
 * seldom, and after {@value #MAX_RECORDED} records nothing more: the ledger stays small however long a pull takes.
 *
 * @param recorded how many times, in all its attempts
 * @param words the latest, as {@link Preparing} says
 * @param at when that was, milliseconds since the epoch
 */
public record Preparation(int recorded, String words, long at) {
    /** Nothing was recorded. */
    public static final Preparation NONE = new Preparation(0, "", 0);

    /** The most records of one execution. */
    public static final int MAX_RECORDED = 50;

    /** After the nth record, its numbers alone wait n times so long for the next one. */
    private static final long NUMBERS_MILLIS = 5_000;

    /** Whether the words that an executor now tells are worth a record. */
    boolean isNews(String now, long millis) {
        if (now.isEmpty() || now.equals(words) || recorded >= MAX_RECORDED) {
            return false;
        }
        return !Preparing.phase(now).equals(Preparing.phase(words)) || millis - at >= recorded * NUMBERS_MILLIS;
    }

    /** With one record more. */
    Preparation with(String now, long millis) {
        return new Preparation(recorded + 1, now, millis);
    }
}
