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

                What an engine does to tasks is no fault of who tells it, so three things count as told truthfully if the harness itself had killed or restarted the engine before that had recorded the container's end, or had removed the container: an exit code of 143 or 137 for an agent that the engine ended; that nobody can know whether an agent runs which the engine was about to start when it was killed; that a container is gone. Of such a container the end of the output may be missing, since nobody reads what is written while the engine is away and the container ends before it is back; how much that was is counted below. A gap in the midst of it, or a byte missing from any other task, is wrong.""";
            case KUBERNETES -> throw new IllegalArgumentException("no cluster is at hand that may be broken");
        };
    }
}
