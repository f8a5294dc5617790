package dev.slipway.executor.k8s;

/** The client's configuration cannot be used; the message is our own, and holds nothing of what is in it. */
final class UnfitConfiguration extends RuntimeException {
    private final String words;

    UnfitConfiguration(String words) {
        super(words);
        this.words = words;
    }

    String words() {
        return words;
    }
}
