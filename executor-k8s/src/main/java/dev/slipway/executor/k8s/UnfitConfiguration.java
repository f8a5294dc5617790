package dev.slipway.executor.k8s;

/** There is no client's configuration that can be used; the message is our own, and holds nothing of what is in one. */
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
