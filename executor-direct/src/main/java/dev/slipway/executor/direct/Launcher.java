package dev.slipway.executor.direct;

import dev.slipway.executor.core.Deadline;
import dev.slipway.executor.core.Progress;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * Starts runs. Evidence comes before everything that is made for a run: whoever is killed half-way leaves nothing that the
 * evidence does not lead to.
 */
final class Launcher {
    private static final Logger LOG = Logger.getLogger(Launcher.class);

    /** How long a keeper may take to begin with the setup command, or to claim the right to start. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Duration SETTLE_PATIENCE = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(5);

    /** E2BIG, as different JDKs tell it. */
    private static final Pattern TOO_LARGE = Pattern.compile("error[=:] ?7\\b");

    private final String executor;
    private final DirectConfig config;
    private final Host host;
    private final Keepers keepers;
    private final EvidenceStore store;
    private final Settlement settlement;

    Launcher(
            String executor,
            DirectConfig config,
            Host host,
            Keepers keepers,
            EvidenceStore store,
            Settlement settlement) {
        this.executor = executor;
        this.config = config;
        this.host = host;
        this.keepers = keepers;
        this.store = store;
        this.settlement = settlement;
    }

    /**
     * Starts a run that has no evidence. If it returns, the evidence tells what became of it.
     *
     * @throws StartFailure the run never began and never will, and nothing is left of it but evidence
     * @throws IOException nothing is known
     */
    void launch(RunId run, TaskSpec spec, Progress progress, RunHandle handle) throws StartFailure, IOException {
        progress.step("preparing the workspace");
        Workspace workspace = Workspace.of(spec, config);
        workspace.check();
        Site site = workspace.site(spec.taskId(), store.place(run.key()), config.cleanup());
        Evidence.Meta meta = meta(run, spec, site, workspace.isTornDown(config.cleanup()));
        TaskEnvironment environment = new TaskEnvironment(config, site, meta.mark());
        Invocation invocation = Invocation.of(
                spec,
                config,
                site.directory(),
                environment.agent(spec),
                config.commands().setup().isEmpty());
        String shell = host.shellFor(invocation.env().keySet())
                .orElseThrow(
                        () -> new StartFailure(
                                Cause.PROGRAM_MISSING,
                                "the task has environment variables with other characters than letters, digits and '_' in their names, and these need bash"));
        Evidence evidence = record(meta);
        if (!evidence.meta().mark().equals(meta.mark())) {
            return; // revoked in the meantime
        }
        try {
            workspace.prepare();
            Process keeper = spawn(spec, environment, invocation, shell, evidence);
            handle.keptBy(keeper);
            awaitBeginning(keeper, evidence);
        } catch (StartFailure e) {
            if (evidence.refuse(e.ending()) && settlement.settle(evidence, handle, Deadline.in(SETTLE_PATIENCE))) {
                throw e;
            }
        }
    }

    private Evidence record(Evidence.Meta meta) throws StartFailure, IOException {
        try {
            return store.create(meta, Proc.bootId());
        } catch (IOException e) {
            if (Files.exists(store.place(meta.run().key()))) {
                throw e;
            }
            throw new StartFailure(
                    Cause.WORKSPACE_FAILED, "the run cannot be recorded in %s (%s)".formatted(store.root(), e));
        }
    }

    private Process spawn(
            TaskSpec spec, TaskEnvironment environment, Invocation invocation, String shell, Evidence evidence)
            throws StartFailure {
        try {
            if (config.commands().setup().isEmpty()) {
                return keepers.start(shell, evidence.kept(), evidence.output(), invocation);
            }
            Map<String, SecretValue> more = new LinkedHashMap<>(environment.setup(spec, evidence.setupFile()));
            more.entrySet().removeAll(invocation.env().entrySet());
            return keepers.start(
                    shell,
                    evidence.kept(),
                    evidence.output(),
                    invocation,
                    config.commands().setup().get(),
                    more);
        } catch (IOException e) {
            String cause = String.valueOf(e.getMessage());
            throw TOO_LARGE.matcher(cause).find()
                    ? new StartFailure(
                            Cause.ARGUMENTS_UNFIT,
                            "arguments and environment together are larger than this host allows")
                    : new StartFailure(Cause.START_FAILED, "no process could be started: " + cause);
        }
    }

    /** Returns also if it is not known whether the run has begun: observing it tells. */
    private void awaitBeginning(Process keeper, Evidence evidence) throws StartFailure {
        Deadline deadline = Deadline.in(PATIENCE);
        try {
            while (evidence.claim() == Evidence.Claim.NOBODY && !evidence.hasBegun()) {
                if (deadline.isOver()) {
                    LOG.warnf(
                            "the run's keeper (pid %d) has neither begun nor ended within %d s",
                            keeper.pid(), PATIENCE.toSeconds());
                    return;
                }
                if (RunHandle.await(keeper, POLL)
                        && evidence.claim() == Evidence.Claim.NOBODY
                        && !evidence.hasBegun()) {
                    throw new StartFailure(
                            Cause.WORKSPACE_FAILED,
                            "the shell that keeps the run ended before it could record anything in %2$s (code %1$d)"
                                    .formatted(keeper.exitValue(), store.root()));
                }
            }
        } catch (IOException e) {
            LOG.warnf("it is not known yet whether the run has begun: %s", e);
        }
    }

    private Evidence.Meta meta(RunId run, TaskSpec spec, Site site, boolean isTornDown) {
        return new Evidence.Meta(
                executor,
                run.ledger(),
                run.key().execution(),
                run.key().attempt(),
                spec.program() instanceof Program.Agent ? "the agent" : "the command",
                UUID.randomUUID().toString(),
                spec.traceparent(),
                Optional.of(site),
                config.commands().setup().isPresent(),
                config.commands().teardown().filter(_ -> isTornDown));
    }
}
