package dev.slipway.settings;

/** A configured value that must not be seen; its text form hides it. */
public record Secret(String reveal) {
    @Override
    public String toString() {
        return "***";
    }
}
