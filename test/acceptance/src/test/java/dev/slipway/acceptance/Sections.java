package dev.slipway.acceptance;

import java.util.Optional;

/** Parts of a page of which each is written by a program of its own. A part goes from its heading to the next of its kind. */
final class Sections {
    private Sections() {}

    /** What is under the heading: {@code ## } and words. */
    static Optional<String> of(String page, String heading) {
        int begin = page.indexOf(heading + "\n\n");
        if (begin < 0) {
            return Optional.empty();
        }
        int first = begin + heading.length() + 2;
        int next = page.indexOf("\n## ", first);
        return Optional.of(page.substring(first, next < 0 ? page.length() : next));
    }

    /** @param text ends with a new line */
    static String section(String heading, String text) {
        return "\n" + heading + "\n\n" + text;
    }

    /** The page with another text under the heading, or with the section at its end. */
    static String replace(String page, String heading, String text) {
        String old = of(page, heading).map(words -> section(heading, words)).orElse("");
        return old.isEmpty() ? page + section(heading, text) : page.replace(old, section(heading, text));
    }
}
