package dev.slipway.executor.core;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A wait that can be cut short. A wake-up that comes before the wait cuts it short just the same. */
final class Waiter {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition woken = lock.newCondition();
    private boolean wake;

    void wake() {
        lock.lock();
        try {
            wake = true;
            woken.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** @return whether it was woken; an interruption counts as one */
    boolean await(Duration atMost) {
        long left = atMost.toNanos();
        lock.lock();
        try {
            while (!wake && left > 0) {
                left = woken.awaitNanos(left);
            }
            boolean was = wake;
            wake = false;
            return was;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        } finally {
            lock.unlock();
        }
    }
}
