package dev.slipway.simulation;

/** A rule of the design was broken. */
final class Violation extends AssertionError {
    private static final long serialVersionUID = 1;

    private final String rule;

    Violation(String rule, String what) {
        super(rule + ": " + what);
        this.rule = rule;
    }

    /** Names the rule, so that a shrunken history can be asked whether it breaks the same one. */
    String rule() {
        return rule;
    }
}
