package dev.slipway.acceptance;

import dev.slipway.acceptance.FaultPlan.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Tasks as processes of this host. */
final class FaultyHost implements FaultyBackend {
    private final Agents agents;
    private List<Path> roots = List.of();

    FaultyHost(Path directory) throws IOException {
        agents = new Agents(directory);
    }

    @Override
    public void configure(Slipway slipway, int slots) throws IOException {
        roots = List.of(slipway.workspaces(), slipway.state().resolve("direct"));
        slipway.configure("max_concurrent_tasks: " + slots, "slipway:", "  queue_limit: 1000");
    }

    @Override
    public Agents agents() {
        return agents;
    }

    @Override
    public Map<String, String> ofAssignment() {
        return Map.of();
    }

    @Override
    public Map<String, String> ofSubmission() {
        return Map.of();
    }

    @Override
    public void carryOut(Fault.OfBackend fault) {
        switch (fault) {
            case Fault.KillKeeper() -> agents.killKeeper();
            default -> throw new IllegalArgumentException("a host has no " + fault);
        }
    }

    @Override
    public Map<String, List<Harm>> harmed() {
        return agents.unkept().stream()
                .collect(Collectors.toMap(execution -> execution, _ -> List.of(new Harm.KeeperKilled())));
    }

    @Override
    public List<String> left() throws IOException {
        List<String> left = new ArrayList<>();
        for (Path root : roots) {
            try (Stream<Path> entries = Files.list(root)) {
                entries.filter(Files::isDirectory).forEach(entry -> left.add("directory " + entry));
            }
        }
        return left;
    }

    @Override
    public List<String> remarks() {
        return List.of();
    }

    @Override
    public void close() {
        // what runs here is looked for by the harness
    }
}
