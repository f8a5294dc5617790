package dev.slipway.executor.docker;

/** What an engine, a registry or a task says, as it may be shown to people: in one line, and of bounded length. Pure. */
final class EngineWords {
    private static final int MAX = 2_000;
    private static final int END = 500;
    private static final String CUT = " [...] ";

    private EngineWords() {}

    /** The beginning and the end, which often says the cause. */
    static String shown(String words) {
        String line = words.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
        return line.length() <= MAX
                ? line
                : line.substring(0, MAX - END - CUT.length()) + CUT + line.substring(line.length() - END);
    }
}
