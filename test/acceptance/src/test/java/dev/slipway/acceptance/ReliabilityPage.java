package dev.slipway.acceptance;

import dev.slipway.protocol.BackendKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** {@code docs/reliability.md}: a part for each backend, of which one is written at a time, and the others stay. */
final class ReliabilityPage {
    private static final Path PAGE = Path.of("../../docs/reliability.md");

    private ReliabilityPage() {}

    /** @param part what was seen with this backend; ends with a new line */
    static void write(BackendKind backend, String part) throws IOException {
        String old = Files.exists(PAGE) ? Files.readString(PAGE) : "";
        Files.writeString(PAGE, page(old, backend, part));
    }

    static String page(String old, BackendKind backend, String part) {
        StringBuilder page = new StringBuilder("""
                # Reliability

                Written by the program `Reliability` in `test/acceptance`: the packaged services, a fake control plane, agents that keep a journal of their own. What is counted is counted from outside: by that journal, by what the control plane received, and by what is left on the host and at the engine.

                Most tasks come from the control plane, the others from the API; some are assigned or submitted twice, some are cancelled, some leave a process behind that ignores SIGTERM.

                *Without result*: an assigned task whose result did not reach the control plane, or a submitted one that did not end. *Never started*: a task that failed without a start, though every start whose failure may pass is tried again. *Told wrongly*: an ending or an exit code that was not the agent's, or one that nobody can have seen. *Output wrong*: a byte that is missing, doubled or not the task's. *Left behind*: a process, a workspace or container, evidence, or a slot that is not free when all has come to rest.
                """);
        for (BackendKind kind : new BackendKind[] {BackendKind.DIRECT, BackendKind.DOCKER}) {
            Optional<String> its = kind == backend ? Optional.of(part) : Sections.of(old, heading(kind));
            its.ifPresent(text -> page.append(Sections.section(heading(kind), text)));
        }
        return page.toString();
    }

    private static String heading(BackendKind backend) {
        return "## The %s backend".formatted(backend.wireName());
    }

    /** In words, what is done to it. */
    static String faults(BackendKind backend) {
        return switch (backend) {
            case DIRECT ->
                "While services are killed or restarted, others are halted, the control plane misbehaves, the disk is full, or the shell that keeps a run is killed alone.";
            case DOCKER -> """
                While services or the engine are killed or restarted, others are halted, the control plane misbehaves, the disk of the services is full, or somebody removes a container that runs. With an even seed the engine has `live-restore`.

                What is done to an engine and its containers is no fault of who tells it, so this counts as told truthfully: that a container is gone which the harness has removed, and exit code 137 of one that it has removed or tried to, if the agent did not come to its own end before or after; exit code 143 or 137 of an agent whose container had not ended when the harness began to kill or restart an engine without live-restore, and which did not come to its own end before, nor after the engine was back (also with live-restore, of one that began to run while the engine was being stopped: that is ended if none runs when the engine looks); that nobody can know whether an agent runs, if the engine had not recorded its start when the harness began to end it.

                Of such containers output may be missing, since an engine loses what it has read and not recorded when it is killed, and nobody reads what is written while it is away if the container ends before it is back (an engine that is stopped without live-restore ends its containers first, and loses nothing of those whose start it had recorded): only bytes that the engine had not recorded when the harness began to end it, and that the agent may have written before it was back. The agents note in their journal how far they are, to a tenth of their output. If nobody knows whether an agent runs, all that it writes may be missing; of a container that the harness has removed, what Slipway had not told before. How much is missing in all is counted below. A byte that is missing elsewhere is wrong, and so is one that an agent had certainly written before it was stopped.""";
            case KUBERNETES -> throw new IllegalArgumentException("no cluster is at hand that may be broken");
        };
    }
}
