package dev.slipway.executor.direct;

import dev.slipway.executor.core.RunId;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A run whose executor was killed at some point of its start: evidence, and perhaps a keeper that runs {@code echo agent}. */
final class BareKeeper {
    private static final int LOOKS = 1_000;

    private final Path evidenceRoot;
    private final Path workspace;
    private String shell = "sh";
    private int looks = LOOKS;

    BareKeeper(Path evidenceRoot, Path workspace) {
        this.evidenceRoot = evidenceRoot;
        this.workspace = workspace;
    }

    BareKeeper withShell(String name) {
        shell = name;
        return this;
    }

    /** @param times how often the keeper looks for an executor */
    BareKeeper looking(int times) {
        looks = times;
        return this;
    }

    /** What a start makes first; it belongs to {@code executor-1}. */
    Evidence evidence(RunId run, boolean hasSetup, Optional<String> teardown) throws IOException {
        return evidence(run, hasSetup, teardown, Proc.bootId());
    }

    Evidence evidence(RunId run, boolean hasSetup, Optional<String> teardown, String boot) throws IOException {
        Evidence.Meta meta = new Evidence.Meta(
                "executor-1",
                run.ledger(),
                run.key().execution(),
                run.key().attempt(),
                "the command",
                "mark-of-" + run.key().execution(),
                Optional.empty(),
                Optional.of(new Site("task", workspace, Optional.empty(), true)),
                hasSetup,
                teardown);
        return new EvidenceStore(evidenceRoot, "executor-1").create(meta, boot);
    }

    /** The keeper, which waits for the setup command at the end of its standard input if the run has one. */
    Process start(Evidence evidence) throws IOException {
        Files.createDirectories(workspace);
        ProcessBuilder builder = new ProcessBuilder(
                        "setsid",
                        shell,
                        evidenceRoot.resolve("keeper.sh").toString(),
                        evidence.directory().toString(),
                        Integer.toString(looks),
                        "echo",
                        "agent")
                .directory(workspace.toFile())
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(evidence.output().toFile()));
        builder.environment()
                .put(ProcessTree.MARK, "mark-of-" + evidence.meta().run().key().execution());
        return builder.start();
    }

    /** The same, given {@code script}, and nothing after it. */
    Process start(Evidence evidence, String script) throws IOException {
        Process keeper = start(evidence);
        give(keeper, script);
        return keeper;
    }

    static void give(Process keeper, String script) throws IOException {
        try (Writer pipe = keeper.outputWriter(StandardCharsets.UTF_8)) {
            pipe.write(script);
        }
    }

    /** As the executor writes it. */
    static String setup(String command) {
        return "setup() {\n%s\n}\n# whole\n".formatted(command);
    }
}
