package dev.slipway.executor.direct;

import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A process to start.
 *
 * @param argv its first element is found on the process' own PATH, unless it is a path
 */
record Invocation(List<String> argv, Map<String, SecretValue> env, Path directory) {
    /** The kernel takes no longer argument or variable, its final NUL included. */
    private static final int MAX_STRING_BYTES = 128 * 1024;

    private static final String DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

    /**
     * The program of a task.
     *
     * @param isFinal whether the environment is; if not, what a setup command leaves may say where the command is
     * @throws StartFailure if it cannot be started
     */
    static Invocation of(
            TaskSpec spec, DirectConfig config, Path directory, Map<String, SecretValue> env, boolean isFinal)
            throws StartFailure {
        Invocation invocation = new Invocation(argv(spec, config, env, directory, isFinal), env, directory);
        for (String argument : invocation.argv()) {
            check(argument, argument, "an argument");
        }
        check(env);
        return invocation;
    }

    /** @throws StartFailure if Linux cannot pass them on */
    static void check(Map<String, SecretValue> env) throws StartFailure {
        for (var variable : env.entrySet()) {
            String name = variable.getKey();
            if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
                throw unfit("the task has an environment variable whose name is empty or holds '=' or NUL");
            }
            String value = variable.getValue().reveal();
            check(value, name + "=" + value, "the environment variable '" + name + "'");
        }
    }

    private static List<String> argv(
            TaskSpec spec, DirectConfig config, Map<String, SecretValue> env, Path directory, boolean isFinal)
            throws StartFailure {
        return switch (spec.program()) {
            case Program.Agent agent -> prepend(agent(config), agent.args());
            case Program.Command command -> {
                if (!isFinal) {
                    yield command.argv();
                }
                String name = command.argv().getFirst();
                String path = Optional.ofNullable(env.get("PATH"))
                        .map(SecretValue::reveal)
                        .orElse(DEFAULT_PATH);
                Path program = resolve(name, path, directory)
                        .orElseThrow(() -> missing(
                                name.contains("/")
                                        ? "there is no executable file '%s', which is the command".formatted(name)
                                        : "the command '%s' was not found on the task's PATH".formatted(name)));
                yield prepend(program, command.argv().subList(1, command.argv().size()));
            }
        };
    }

    /** The agent's binary as it is now; a missing one fails the task and not the executor, which also runs commands. */
    private static Path agent(DirectConfig config) throws StartFailure {
        String path = config.searchPath().orElse(DEFAULT_PATH);
        String name = config.ozPath().orElse("oz");
        return resolve(name, path, config.workspaceRoot())
                .orElseThrow(
                        () -> missing(
                                config.ozPath().isPresent()
                                        ? "backend.direct.oz_path '%s' is no executable file".formatted(name)
                                        : "the agent 'oz' was not found on the executor's PATH, and backend.direct.oz_path is not set"));
    }

    /** The executable that a name stands for, as {@code execvp} would find it. */
    static Optional<Path> resolve(String name, String path, Path directory) {
        if (name.isEmpty() || name.indexOf('\0') >= 0 || !NativeText.isExpressible(name)) {
            return Optional.empty();
        }
        if (name.contains("/")) {
            return Optional.of(directory.resolve(name)).filter(Invocation::isProgram);
        }
        for (String entry : path.split(":", -1)) {
            if (entry.indexOf('\0') < 0 && NativeText.isExpressible(entry)) {
                Path candidate = directory.resolve(entry).resolve(name);
                if (isProgram(candidate)) {
                    return Optional.of(candidate);
                }
            }
        }
        return Optional.empty();
    }

    private static void check(String text, String whole, String what) throws StartFailure {
        if (text.indexOf('\0') >= 0) {
            throw unfit(what + " holds a NUL character");
        }
        if (whole.getBytes(StandardCharsets.UTF_8).length >= MAX_STRING_BYTES) {
            throw unfit(what + " is longer than Linux allows for one string (128 KiB)");
        }
        if (!NativeText.isExpressible(whole)) {
            throw unfit(what + " " + NativeText.INEXPRESSIBLE);
        }
    }

    private static boolean isProgram(Path candidate) {
        return Files.isRegularFile(candidate) && Files.isExecutable(candidate);
    }

    private static List<String> prepend(Path program, List<String> arguments) {
        List<String> argv = new ArrayList<>();
        argv.add(program.toString());
        argv.addAll(arguments);
        return List.copyOf(argv);
    }

    private static StartFailure unfit(String detail) {
        return new StartFailure(Cause.ARGUMENTS_UNFIT, detail);
    }

    private static StartFailure missing(String detail) {
        return new StartFailure(Cause.PROGRAM_MISSING, detail);
    }
}
