package dev.slipway.executor.core;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A wait that can be cut short. A wake-up that comes before the wait cuts it short just the same. */
final class Waiter {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition woken = lock.newCondition();
    private boolean wake;
    private boolean nudge;

    void wake() {
        lock.lock();
        try {
            wake = true;
            woken.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Makes whoever waits look again at what it waits for, without telling it that it was woken. */
    void nudge() {
        lock.lock();
        try {
            nudge = true;
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
            while (!wake && !nudge && left > 0) {
                left = woken.awaitNanos(left);
            }
            boolean was = wake;
            wake = false;
            nudge = false;
            return was;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        } finally {
            lock.unlock();
        }
    }
}
