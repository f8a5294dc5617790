package dev.slipway.executor.direct;

import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What each step of a task sees. Pure; what is put later wins. */
final class TaskEnvironment {
    /** All that an agent sees of the executor's own environment. */
    private static final List<String> INHERITED = List.of("HOME", "TMPDIR", "PATH");

    private static final String API_KEY = "WARP_API_KEY";
    private static final String GIT_CONFIG = "GIT_CONFIG_GLOBAL";

    /** What the executor was started from; a shell finds its own. */
    private static final Set<String> OF_THE_SHELL = Set.of("PWD", "OLDPWD", "SHLVL", "_");

    private final DirectConfig config;
    private final Site site;
    private final String mark;

    /** @param mark of the run's processes: in every environment, and nobody's to change */
    TaskEnvironment(DirectConfig config, Site site, String mark) {
        this.config = config;
        this.site = site;
        this.mark = mark;
    }

    Map<String, SecretValue> agent(TaskSpec spec) {
        Map<String, SecretValue> env = ofHost();
        env.keySet().retainAll(INHERITED);
        env.putAll(ofTask(spec));
        return marked(env);
    }

    /** @param file where the command may leave variables for the agent */
    Map<String, SecretValue> setup(TaskSpec spec, Path file) {
        Map<String, SecretValue> env = ofWorker();
        env.putAll(ofTask(spec));
        addOurs(env);
        env.put("OZ_ENVIRONMENT_FILE", path(file));
        return marked(env);
    }

    Map<String, SecretValue> teardown() {
        Map<String, SecretValue> env = ofWorker();
        site.gitConfig().ifPresent(file -> env.put(GIT_CONFIG, path(file)));
        addOurs(env);
        return marked(env);
    }

    /** What of the variables that the setup command left is laid over the agent's. */
    static Map<String, SecretValue> leftBySetup(Map<String, String> file, Site site) {
        Map<String, SecretValue> env = new LinkedHashMap<>();
        file.forEach((name, value) -> env.put(name, SecretValue.of(value)));
        if (site.gitConfig().isPresent()) {
            env.remove(GIT_CONFIG);
        }
        env.remove(ProcessTree.MARK);
        return env;
    }

    /** The worker's environment as an operator knows it: without what configures this service, and without its API key. */
    private Map<String, SecretValue> ofWorker() {
        Predicate<String> withheld = name -> OF_THE_SHELL.contains(name)
                || name.startsWith("SLIPWAY_")
                || name.startsWith("QUARKUS_")
                || (name.equals(API_KEY) && !config.commands().exposeApiKey());
        Map<String, SecretValue> env = ofHost();
        env.keySet().removeIf(withheld);
        return env;
    }

    private Map<String, SecretValue> ofHost() {
        Map<String, SecretValue> env = new LinkedHashMap<>(config.host());
        env.keySet().removeAll(unreadable(config.host()));
        return env;
    }

    /** Which variables of the executor's own the JVM could not read; nobody is shown what it read instead. */
    static Set<String> unreadable(Map<String, SecretValue> host) {
        return host.entrySet().stream()
                .filter(variable -> !NativeText.wasReadable(
                        variable.getKey() + variable.getValue().reveal()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private Map<String, SecretValue> ofTask(TaskSpec spec) {
        Map<String, SecretValue> env = new LinkedHashMap<>(spec.env());
        env.putAll(config.environment());
        if (spec.program() instanceof Program.Agent agent) {
            agent.harness().ifPresent(harness -> {
                switch (harness) {
                    case "claude" ->
                        env.put("CLAUDE_CONFIG_DIR", path(site.directory().resolve(".claude")));
                    case "codex" -> env.put("CODEX_HOME", path(site.directory().resolve(".codex")));
                    default -> {}
                }
            });
        }
        site.gitConfig().ifPresent(file -> env.put(GIT_CONFIG, path(file)));
        return env;
    }

    private void addOurs(Map<String, SecretValue> env) {
        env.put("OZ_WORKSPACE_ROOT", path(site.directory()));
        env.put("OZ_RUN_ID", SecretValue.of(site.taskId()));
        env.put("OZ_WORKER_BACKEND", SecretValue.of("direct"));
    }

    private Map<String, SecretValue> marked(Map<String, SecretValue> env) {
        env.put(ProcessTree.MARK, SecretValue.of(mark));
        return Map.copyOf(env);
    }

    private static SecretValue path(Path path) {
        return SecretValue.of(path.toString());
    }
}
