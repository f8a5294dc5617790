package dev.slipway.dispatcher.api;

import dev.slipway.protocol.Container;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What every task must satisfy, whoever submits it. The words name the fault and never repeat a value. */
final class SpecRules {
    private static final int MAX_STRINGS = 10_000;
    private static final int MAX_NAME = 4_096;
    private static final int MAX_SIDECARS = 64;

    /** Linux takes no longer argument or variable, its end included (MAX_ARG_STRLEN). */
    private static final int MAX_EXEC_STRING = 128 << 10;

    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    private SpecRules() {}

    static Optional<String> fault(String executionId, TaskSpec spec) {
        return id("execution", executionId)
                .or(() -> id("task", spec.taskId()))
                .or(() -> arguments(spec.program()))
                .or(() -> environment(spec.env()))
                .or(() -> spec.image().flatMap(SpecRules::image))
                .or(() -> spec.workdir().flatMap(SpecRules::workdir))
                .or(() -> container(spec.container()));
    }

    private static Optional<String> id(String what, String id) {
        return when(
                id.isBlank()
                        || id.length() > ExecutionKey.MAX_ID
                        || CONTROL.matcher(id).find()
                        || !isStorable(id),
                "The " + what + "'s id has 1 to " + ExecutionKey.MAX_ID + " characters and no control characters.");
    }

    private static Optional<String> arguments(Program program) {
        List<String> arguments = switch (program) {
            case Program.Agent agent -> agent.args();
            case Program.Command command -> command.argv();
        };
        return when(arguments.size() > MAX_STRINGS, "A command has at most " + MAX_STRINGS + " arguments.")
                .or(() -> when(
                        program instanceof Program.Command
                                && arguments.getFirst().isBlank(),
                        "The program's name is empty."))
                .or(() -> when(arguments.stream().anyMatch(SpecRules::hasNul), "An argument holds a NUL character."))
                .or(() -> when(
                        arguments.stream().anyMatch(argument -> tooLong(argument)),
                        "An argument is longer than 128 KiB: no program can be started with it. Put it into a file."));
    }

    private static Optional<String> environment(Map<String, SecretValue> env) {
        return when(env.size() > MAX_STRINGS, "A task has at most " + MAX_STRINGS + " variables.")
                .or(() -> when(
                        env.keySet().stream().anyMatch(name -> name.isEmpty() || name.contains("=") || hasNul(name)),
                        "A variable's name is empty, or holds = or a NUL character."))
                .or(() -> when(
                        env.values().stream().anyMatch(value -> hasNul(value.reveal())),
                        "A variable's value holds a NUL character."))
                .or(
                        () -> when(
                                env.entrySet().stream()
                                        .anyMatch(variable -> tooLong(variable.getKey() + "="
                                                + variable.getValue().reveal())),
                                "A variable is longer than 128 KiB: no program can be started with it. Put its value into a file."));
    }

    private static Optional<String> image(String image) {
        return when(
                image.isBlank()
                        || image.length() > MAX_NAME
                        || image.chars().anyMatch(Character::isWhitespace)
                        || CONTROL.matcher(image).find(),
                "The image's name is empty, holds a space or is longer than " + MAX_NAME + " characters.");
    }

    private static Optional<String> workdir(String workdir) {
        return when(
                !workdir.startsWith("/") || workdir.length() > MAX_NAME || hasNul(workdir),
                "The working directory is not an absolute path of at most " + MAX_NAME + " characters.");
    }

    /** Whether its images and paths are usable, is for the backend to say: that failure has a word of its own. */
    private static Optional<String> container(Container container) {
        return when(
                        container.sidecars().size() > MAX_SIDECARS,
                        "A task has at most " + MAX_SIDECARS + " additional sidecars.")
                .or(() -> when(
                        Stream.concat(
                                        container.agentImage().stream(),
                                        container.sidecars().stream()
                                                .flatMap(sidecar -> Stream.of(sidecar.image(), sidecar.mountPath())))
                                .anyMatch(text -> text.length() > MAX_NAME || hasNul(text)),
                        "A sidecar's image or path is longer than " + MAX_NAME
                                + " characters, or holds a NUL character."));
    }

    /** Whether every store takes the text: half of a surrogate pair has no form in UTF-8. */
    static boolean isStorable(String text) {
        return !hasNul(text) && StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    private static boolean hasNul(String text) {
        return text.indexOf('\0') >= 0;
    }

    private static boolean tooLong(String text) {
        return text.length() >= MAX_EXEC_STRING / 4 && text.getBytes(StandardCharsets.UTF_8).length >= MAX_EXEC_STRING;
    }

    private static Optional<String> when(boolean fault, String words) {
        return fault ? Optional.of(words) : Optional.empty();
    }
}
