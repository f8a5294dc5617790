package dev.slipway.acceptance;

import java.util.Comparator;
import java.util.List;

/**
 * What a task has written, and what of it must be kept. Pure.
 *
 * @param all that its agent writes if it comes to its end; of one byte a character
 * @param written how many bytes of that it has certainly written
 * @param losses where bytes may be missing
 */
record Output(String all, int written, List<Loss> losses) {
    /** Longer than what two places in the output have in common. */
    private static final int SAMPLE = FaultPlan.LINE;

    /** Any of the bytes from the first on and before the other one may be missing. */
    record Loss(int from, int to) {}

    Output {
        losses = losses.stream().sorted(Comparator.comparingInt(Loss::from)).toList();
    }

    /** Whether all of this is the task's, in order, and nothing is missing that must be there. */
    boolean allows(String kept) {
        return allows(kept, 0, 0, 0);
    }

    /** The same of what is kept from a place on, if that is to be found in the output from another place on. */
    private boolean allows(String kept, int from, int at, int firstLoss) {
        int same = same(kept, from, at);
        int end = from + same;
        int reached = at + same;
        if (end == kept.length()) {
            return isComplete(reached, firstLoss);
        }
        String sample = kept.substring(end, Math.min(end + SAMPLE, kept.length()));
        for (int i = firstLoss; i < losses.size() && losses.get(i).from() <= reached; i++) {
            Loss loss = losses.get(i);
            int next = all.indexOf(sample, reached + 1);
            while (next >= 0 && next - SAMPLE <= loss.to()) {
                // What is missing may as well have begun earlier, if the same follows it.
                int earlier = alike(reached, next, reached - Math.max(loss.from(), at));
                if (next - earlier <= loss.to() && allows(kept, end, next, i)) {
                    return true;
                }
                next = all.indexOf(sample, next + 1);
            }
        }
        return false;
    }

    private boolean isComplete(int reached, int firstLoss) {
        int complete = reached;
        for (Loss loss : losses.subList(firstLoss, losses.size())) {
            if (loss.from() <= complete) {
                complete = Math.max(complete, loss.to());
            }
        }
        return complete >= written;
    }

    /** How many bytes the kept ones from here on have in common with the output's from there on. */
    int same(String kept, int from, int at) {
        int same = 0;
        while (from + same < kept.length()
                && at + same < all.length()
                && kept.charAt(from + same) == all.charAt(at + same)) {
            same++;
        }
        return same;
    }

    /** How many bytes before these two places are the same, of so many. */
    private int alike(int one, int other, int most) {
        int alike = 0;
        while (alike < most && all.charAt(one - alike - 1) == all.charAt(other - alike - 1)) {
            alike++;
        }
        return alike;
    }
}
