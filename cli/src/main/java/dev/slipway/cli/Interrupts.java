package dev.slipway.cli;

/** The signals that ask this process to end. */
public interface Interrupts {
    /** What such a signal is, and the exit code that says a process ended by it. */
    enum Signal {
        INT(130),
        TERM(143);

        private final int exitCode;

        Signal(int exitCode) {
            this.exitCode = exitCode;
        }

        public int exitCode() {
            return exitCode;
        }
    }

    /** Called on a thread of its own for every such signal from now on, instead of ending the process. */
    void handle(Handler handler);

    /** Ends this process without waiting for anything. */
    void endNow(int exitCode);

    interface Handler {
        void handle(Signal signal);
    }
}
