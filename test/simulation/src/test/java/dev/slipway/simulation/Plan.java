package dev.slipway.simulation;

import java.util.OptionalLong;

/**
 * What an agent will do when it is run. All times are in milliseconds.
 *
 * @param prepare until the engine has everything that the agent needs
 * @param failedStarts how many attempts fail in the end of their preparation
 * @param isPassing whether those fail for a reason that may pass
 * @param run how long it works when left alone
 * @param exitCode how it ends when left alone
 * @param politeExit how long it takes to end after a polite signal
 * @param politeCode how it ends after a polite signal
 * @param linger how long its descendants outlive it
 * @param timeout after which the dispatcher is to stop it
 */
record Plan(
        long prepare,
        int failedStarts,
        boolean isPassing,
        long run,
        int exitCode,
        long politeExit,
        int politeCode,
        long linger,
        OptionalLong timeout) {}
