package dev.slipway.dispatcher.api;

import dev.slipway.dispatcher.access.Refusal;

/** Reads parameters of calls. */
final class Parameters {
    private Parameters() {}

    /** @throws Refusal 400 if the text is not a number in the range */
    static long number(String name, String text, long min, long max) {
        try {
            long number = Long.parseLong(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below, without repeating the text
        }
        throw Refusal.invalid(
                max == Long.MAX_VALUE
                        ? "\"" + name + "\" is a whole number from " + min + " on."
                        : "\"" + name + "\" is a whole number between " + min + " and " + max + ".");
    }
}
