package dev.slipway.protocol;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Optional;

/** What a task runs. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Program.Agent.class, name = "agent"),
    @JsonSubTypes.Type(value = Program.Command.class, name = "command")
})
public sealed interface Program {
    /**
     * The control plane's agent; the backend knows how it is started.
     *
     * @param args the agent's whole argument vector, without the binary
     * @param harness the agent harness' type, if the assignment names one
     */
    record Agent(List<String> args, Optional<String> harness) implements Program {
        public Agent {
            requireNonNull(harness, "harness");
            args = List.copyOf(args);
        }
    }

    /**
     * A command of the submitter's own.
     *
     * @param argv the program and its arguments, never empty
     */
    record Command(List<String> argv) implements Program {
        public Command {
            if (argv.isEmpty()) {
                throw new IllegalArgumentException("a command needs at least the program's name");
            }
            argv = List.copyOf(argv);
        }
    }
}
