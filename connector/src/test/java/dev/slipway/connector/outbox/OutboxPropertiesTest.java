package dev.slipway.connector.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.connector.outbox.Outbox.Outgoing;
import dev.slipway.protocol.ConnectorSync;
import dev.slipway.protocol.ConnectorSync.Message;
import dev.slipway.protocol.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The outbox over any history of messages, writes, pings, pongs, cuts and syncs, beside a ledger and a wire. */
class OutboxPropertiesTest {
    /** @param which picks a task, or the age of a ping */
    record Step(What what, int which) {}

    enum What {
        MESSAGE,
        CONNECT,
        CUT,
        WRITE,
        PING,
        PONG,
        OLD_PONG,
        SYNC
    }

    @Provide
    Arbitrary<List<Step>> histories() {
        return Combinators.combine(
                        Arbitraries.of(What.class), Arbitraries.integers().between(0, 3))
                .as(Step::new)
                .list()
                .ofMaxSize(120);
    }

    @Property
    void confirmsOnlyByAPongOfALaterPingAndLosesNothing(@ForAll("histories") List<Step> history) {
        World world = new World();
        history.forEach(world::take);
        world.connect();
        world.sync();
        world.sync(); // the first one brings claims, the second one tells that they are held
        while (world.write()) {
            assertThat(world.outbox.wantsPing()).isTrue();
        }
        world.outbox.pong(world.ping());
        world.sync();

        assertThat(world.ledger).isEmpty();
        assertThat(world.outbox.report()).isEqualTo(Outbox.Report.EMPTY);
    }

    /** A ledger that hands out its messages until they are confirmed, and what the wire has seen. */
    private static final class World {
        private final Outbox outbox = new Outbox();
        private final Map<Long, Message> ledger = new TreeMap<>();
        private final Map<Long, String> tasks = new HashMap<>();
        private final Set<Long> writtenHere = new LinkedHashSet<>();
        private final List<String> pingsHere = new ArrayList<>();
        private final List<String> oldPings = new ArrayList<>();
        private final Map<String, Set<Long>> writtenBefore = new HashMap<>();
        private final Set<Long> proven = new HashSet<>();
        private boolean up;
        private int connections;
        private long lastId;

        void take(Step step) {
            switch (step.what) {
                case MESSAGE -> message("t" + step.which);
                case CONNECT -> connect();
                case CUT -> cut();
                case WRITE -> write();
                case PING -> {
                    if (up) {
                        ping();
                    }
                }
                case PONG -> pong(step.which);
                case OLD_PONG ->
                    oldPings.forEach(old -> assertThat(outbox.pong(old)).isFalse());
                case SYNC -> sync();
            }
            assertThat(proven).containsAll(outbox.report().confirmed());
        }

        private void message(String task) {
            lastId++;
            tasks.put(lastId, task);
            Optional<Outcome> outcome = lastId % 2 == 0 ? Optional.of(new Outcome.Succeeded()) : Optional.empty();
            ledger.put(lastId, new Message(lastId, "execution of " + task, task, outcome));
        }

        void connect() {
            cut();
            up = true;
            outbox.connected("connection " + connections++);
        }

        private void cut() {
            up = false;
            oldPings.addAll(pingsHere);
            pingsHere.clear();
            writtenHere.clear();
            outbox.disconnected();
        }

        boolean write() {
            Optional<Outgoing> next = outbox.next();
            next.ifPresent(outgoing -> {
                long id = outgoing.id();
                assertThat(writtenHere)
                        .filteredOn(earlier -> task(earlier).equals(task(id)))
                        .allMatch(earlier -> earlier < id);
                outbox.written(id);
                writtenHere.add(id);
            });
            return next.isPresent();
        }

        private String task(long id) {
            return tasks.getOrDefault(id, "");
        }

        String ping() {
            String payload = outbox.ping();
            pingsHere.add(payload);
            writtenBefore.put(payload, Set.copyOf(writtenHere));
            return payload;
        }

        private void pong(int age) {
            if (age < pingsHere.size()) {
                String payload = pingsHere.get(pingsHere.size() - 1 - age);
                proven.addAll(writtenBefore.getOrDefault(payload, Set.of()));
                assertThat(outbox.pong(payload)).isTrue();
            }
        }

        void sync() {
            Outbox.Report report = outbox.report();
            report.confirmed().forEach(ledger::remove);
            List<Message> missing = ledger.values().stream()
                    .filter(message -> !report.holding().contains(message.id()))
                    .toList();
            outbox.synced(report, new ConnectorSync.Answer(missing, List.of()));
        }
    }
}
