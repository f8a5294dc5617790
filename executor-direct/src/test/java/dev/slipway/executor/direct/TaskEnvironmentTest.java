package dev.slipway.executor.direct;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskEnvironmentTest {
    private static final Path WORKSPACE = Path.of("/root/t");
    private static final Path FILE = Path.of("/evidence/setup.env");
    private static final Optional<Path> GIT = Optional.of(WORKSPACE.resolve(".gitconfig"));

    /** Who gives which value; what is expected is {@code -} where the variable must not be seen. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            what                                         | name                   | worker | task | config | agent                | setup                | teardown
            an agent sees three of the worker's          | HOME                   | w      |      |        | w                    | w                    | w
            an agent sees three of the worker's          | TMPDIR                 | w      |      |        | w                    | w                    | w
            an agent sees three of the worker's          | PATH                   | w      |      |        | w                    | w                    | w
            and nothing else of them                     | OTHER                  | w      |      |        | -                    | w                    | w
            the task's are over the worker's             | HOME                   | w      | t    |        | t                    | t                    | w
            the configured ones are over the task's      | A                      | w      | t    | c      | c                    | c                    | w
            teardown sees none of the task's             | A                      |        | t    | c      | c                    | c                    | -
            the harness' directory is over these         | CLAUDE_CONFIG_DIR      | w      | t    | c      | /root/t/.claude      | /root/t/.claude      | w
            Git's configuration is nobody's to change    | GIT_CONFIG_GLOBAL      | w      | t    | c      | /root/t/.gitconfig   | /root/t/.gitconfig   | /root/t/.gitconfig
            the worker's own key is withheld             | WARP_API_KEY           | w      |      |        | -                    | -                    | -
            the task's key is not                        | WARP_API_KEY           | w      | t    |        | t                    | t                    | -
            a configured key is not                      | WARP_API_KEY           | w      |      | c      | c                    | c                    | -
            what configures the service is withheld      | SLIPWAY_INTERNAL_TOKEN | w      |      |        | -                    | -                    | -
            what configures the service is withheld      | QUARKUS_HTTP_PORT      | w      |      |        | -                    | -                    | -
            where the service was started is withheld    | PWD                    | w      |      |        | -                    | -                    | -
            ours are over the task's, and not the agent's| OZ_RUN_ID              | w      | t    |        | t                    | t1                   | t1
            the workspace                                | OZ_WORKSPACE_ROOT      |        |      |        | -                    | /root/t              | /root/t
            the backend                                  | OZ_WORKER_BACKEND      |        |      |        | -                    | direct               | direct
            where setup leaves variables                 | OZ_ENVIRONMENT_FILE    |        |      |        | -                    | /evidence/setup.env  | -
            the mark is nobody's to change               | SLIPWAY_EXECUTION      | w      | t    | c      | mark                 | mark                 | mark
            """, useHeadersInDisplayName = true)
    void whoSeesWhat(
            String what,
            String name,
            @Nullable String worker,
            @Nullable String task,
            @Nullable String config,
            String agent,
            String setup,
            String teardown) {
        TaskEnvironment environment = environment(given(name, worker), given(name, config), false, GIT);
        TaskSpec spec = spec(given(name, task), Optional.of("claude"));

        assertThat(List.of(
                        seen(environment.agent(spec), name),
                        seen(environment.setup(spec, FILE), name),
                        seen(environment.teardown(), name)))
                .as(what)
                .containsExactly(agent, setup, teardown);
    }

    @Test
    void theApiKeyIsExposedToSetupAndTeardownAlone() {
        TaskEnvironment environment = environment(given("WARP_API_KEY", "w"), Map.of(), true, GIT);
        TaskSpec spec = spec(Map.of(), Optional.empty());

        assertThat(seen(environment.setup(spec, FILE), "WARP_API_KEY")).isEqualTo("w");
        assertThat(seen(environment.teardown(), "WARP_API_KEY")).isEqualTo("w");
        assertThat(seen(environment.agent(spec), "WARP_API_KEY")).isEqualTo("-");
    }

    @Test
    void eachHarnessHasItsOwnDirectory() {
        TaskEnvironment environment = environment(Map.of(), Map.of(), false, GIT);

        assertThat(environment.agent(spec(Map.of(), Optional.of("codex"))))
                .containsEntry("CODEX_HOME", SecretValue.of("/root/t/.codex"))
                .doesNotContainKey("CLAUDE_CONFIG_DIR");
        assertThat(environment.agent(spec(Map.of(), Optional.of("other")))).hasSize(2);
    }

    @Test
    void aRunInADirectoryOfTheSubmittersUsesTheHostsGitConfiguration() {
        TaskEnvironment environment = environment(given("GIT_CONFIG_GLOBAL", "w"), Map.of(), false, Optional.empty());
        TaskSpec spec = spec(Map.of(), Optional.empty());

        assertThat(environment.agent(spec)).doesNotContainKey("GIT_CONFIG_GLOBAL");
        assertThat(seen(environment.teardown(), "GIT_CONFIG_GLOBAL")).isEqualTo("w");
    }

    @Test
    void whatSetupLeavesIsOverEverythingButGitsConfigurationAndTheMark() {
        Map<String, String> file = new HashMap<>();
        for (String name : List.of("HOME", "CLAUDE_CONFIG_DIR", "GIT_CONFIG_GLOBAL", "SLIPWAY_EXECUTION")) {
            file.put(name, "f");
        }

        assertThat(TaskEnvironment.leftBySetup(file, site(GIT))).containsOnlyKeys("HOME", "CLAUDE_CONFIG_DIR");
        assertThat(TaskEnvironment.leftBySetup(file, site(Optional.empty())))
                .containsOnlyKeys("HOME", "CLAUDE_CONFIG_DIR", "GIT_CONFIG_GLOBAL");
    }

    private static TaskEnvironment environment(
            Map<String, SecretValue> worker, Map<String, SecretValue> config, boolean exposes, Optional<Path> git) {
        return new TaskEnvironment(
                new DirectConfig(
                        Path.of("/root"),
                        Optional.empty(),
                        Path.of("/evidence"),
                        Optional.empty(),
                        new DirectConfig.Commands(Optional.empty(), Optional.empty(), Optional.empty(), exposes),
                        config,
                        true,
                        worker),
                site(git),
                "mark");
    }

    private static Site site(Optional<Path> git) {
        return new Site("t1", WORKSPACE, git, true);
    }

    private static TaskSpec spec(Map<String, SecretValue> env, Optional<String> harness) {
        return new TaskSpec(
                "t1", new Program.Agent(List.of(), harness), Optional.empty(), env, Optional.empty(), Optional.empty());
    }

    private static Map<String, SecretValue> given(String name, @Nullable String value) {
        return value == null ? Map.of() : Map.of(name, SecretValue.of(value));
    }

    private static String seen(Map<String, SecretValue> env, String name) {
        return Optional.ofNullable(env.get(name)).map(SecretValue::reveal).orElse("-");
    }
}
