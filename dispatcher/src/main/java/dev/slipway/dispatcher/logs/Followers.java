package dev.slipway.dispatcher.logs;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Wakes those who wait for news of a topic. Waking never blocks and is never lost: news that come before the wait end it at once. */
public final class Followers {
    private final ConcurrentHashMap<String, Set<Follower>> followers = new ConcurrentHashMap<>();

    public Follower follow(String topic) {
        var follower = new Follower(topic);
        followers.compute(topic, (key, others) -> {
            Set<Follower> set = others == null ? ConcurrentHashMap.newKeySet() : others;
            set.add(follower);
            return set;
        });
        return follower;
    }

    public void wake(String topic) {
        Set<Follower> set = followers.get(topic);
        if (set != null) {
            set.forEach(follower -> follower.news.release());
        }
    }

    public void wakeAll() {
        followers.keySet().forEach(this::wake);
    }

    /** One who waits; closed when it does so no longer. */
    public final class Follower implements AutoCloseable {
        private final String topic;
        private final Semaphore news = new Semaphore(0);

        private Follower(String topic) {
            this.topic = topic;
        }

        /**
         * Waits for news since the last wait. Look at what is there before waiting for more.
         *
         * @return whether there was news; false when the time is up
         */
        public boolean await(Duration atMost) throws InterruptedException {
            boolean woken = news.tryAcquire(atMost.toNanos(), TimeUnit.NANOSECONDS);
            news.drainPermits();
            return woken;
        }

        @Override
        public void close() {
            followers.computeIfPresent(topic, (key, set) -> {
                set.remove(this);
                return set.isEmpty() ? null : set;
            });
        }
    }
}
