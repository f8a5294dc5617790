package dev.slipway.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;

/**
 * Counts containers by what the engine tells of each: none comes and goes unseen, as it might between two looks. What is told
 * begins and ends with a volume of the count's own, so that nothing in between is missed.
 */
public final class ContainerCount implements AutoCloseable {
    private final DockerEngine engine;
    private final String mark;
    private final Process client;
    private final BufferedReader told;

    private ContainerCount(DockerEngine engine, String mark, Process client) {
        this.engine = engine;
        this.mark = mark;
        this.client = client;
        this.told = client.inputReader();
    }

    /**
     * Of all from now on that have the label.
     *
     * @param label its key
     */
    public static ContainerCount start(DockerEngine engine, String label, String value) throws IOException {
        // The engine remembers its last events, and tells them first: the mark's is among them, however slow the client
        // is.
        String mark = "count-" + UUID.randomUUID();
        ContainerCount count = new ContainerCount(
                engine,
                mark,
                engine.client(
                        "events",
                        "--since=1",
                        "--format={{if or (eq .Actor.ID \"%s\") (eq (index .Actor.Attributes \"%s\") \"%s\")}}{{.Actor.ID}} {{.Action}}{{end}}"
                                .formatted(mark, label, value)));
        try {
            engine.docker("volume", "create", mark);
            count.most("create");
        } catch (IOException | RuntimeException e) {
            count.close();
            throw e;
        }
        return count;
    }

    /**
     * How many there were at once, at the most.
     *
     * @param existing from its making to its removal
     * @param open from its making to its end, or its removal if it never began
     * @param running from its start to its end
     * @param made all that there ever were, also after one another
     */
    public record Most(int existing, int open, int running, int made) {}

    /** Ends the count. */
    public Most most() throws IOException {
        engine.docker("volume", "rm", mark);
        Most most = most("destroy");
        close();
        return most;
    }

    private Most most(String last) throws IOException {
        Set<String> existing = new HashSet<>();
        Set<String> open = new HashSet<>();
        Set<String> running = new HashSet<>();
        Most most = new Most(0, 0, 0, 0);
        while (true) {
            String line = told.readLine();
            if (line == null) {
                throw new IOException("the engine's events ended before all was told");
            }
            if (line.isEmpty()) {
                continue; // of something else
            }
            String id = line.substring(0, line.indexOf(' '));
            String action = line.substring(id.length() + 1);
            if (id.equals(mark) && action.equals(last)) {
                return most;
            }
            int made = most.made();
            switch (action) {
                case "create" -> {
                    existing.add(id);
                    open.add(id);
                    made++;
                }
                case "start" -> running.add(id);
                case "die" -> {
                    running.remove(id);
                    open.remove(id);
                }
                case "destroy" -> {
                    existing.remove(id);
                    open.remove(id);
                }
                default -> {}
            }
            most = new Most(
                    Math.max(most.existing(), existing.size()),
                    Math.max(most.open(), open.size()),
                    Math.max(most.running(), running.size()),
                    made);
        }
    }

    @Override
    public void close() throws IOException {
        client.destroy();
        told.close();
    }
}
