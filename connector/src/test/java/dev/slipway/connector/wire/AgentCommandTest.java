package dev.slipway.connector.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.testkit.Assignment;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** One row per rule of the agent's command line. */
class AgentCommandTest {
    private static final AgentDefaults DEFAULTS = new AgentDefaults("https://root", Optional.empty(), Optional.empty());

    @ParameterizedTest(name = "{0}")
    @MethodSource("rules")
    void followsTheRule(String rule, UnaryOperator<Assignment> change, AgentDefaults defaults, String expected) {
        Assignment assignment = change.apply(Assignment.of("t"));

        assertThat(args(assignment, defaults)).as(rule).containsExactly(expected.split(" ", -1));
    }

    static Stream<Arguments> rules() {
        String head = "agent run --task-id t --sandboxed --server-root-url https://root";
        String oz = head + " --computer-use --idle-on-complete";
        return Stream.of(
                row("bare, without a snapshot", a -> a, head + " --idle-on-complete"),
                row(
                        "owned by a team",
                        Assignment::ownedByTeam,
                        "agent run --share team:edit --task-id t --sandboxed --server-root-url https://root"
                                + " --idle-on-complete"),
                row("the task's own id, not the wire's", a -> a.with("task_id", "wire"), head + " --idle-on-complete"),
                row("an empty snapshot", a -> a.with("task", task(Map.of())), oz),
                row("model", a -> a.snapshot("model_id", " m "), head + " --model m --computer-use --idle-on-complete"),
                row("a blank model", a -> a.snapshot("model_id", " \u00a0\t"), oz),
                row("no model", a -> a.snapshot("model_id", ""), oz),
                row(
                        "owned by a user, or in other letters",
                        a -> a.with("task", Map.of("id", "t", "owner", Map.of("Type", "team", "Id", "team-1"))),
                        head + " --idle-on-complete"),
                row("no owner", a -> a.with("task", Map.of("id", "t")), head + " --idle-on-complete"),
                row("a blank profile", a -> a.snapshot("profile_id", " "), oz),
                row("a blank skill", a -> a.snapshot("skill_spec", "\n"), oz),
                row("a blank environment", a -> a.snapshot("environment_id", " "), oz),
                row(
                        "model with the oz harness",
                        a -> a.snapshot("model_id", "m").harness("oz"),
                        head + " --model m --computer-use --harness oz --idle-on-complete"),
                row(
                        "model with an empty harness",
                        a -> a.snapshot("model_id", "m").harness(""),
                        head + " --model m --computer-use --idle-on-complete"),
                row(
                        "no model with another harness",
                        a -> a.snapshot("model_id", "m").harness("claude"),
                        head + " --no-computer-use --harness claude --idle-on-complete"),
                row(
                        "the harness is compared as sent and passed on trimmed",
                        a -> a.snapshot("model_id", "m").harness(" oz "),
                        head + " --no-computer-use --harness oz --idle-on-complete"),
                row(
                        "a blank harness is another one and not passed on",
                        a -> a.snapshot("model_id", "m").harness(" "),
                        head + " --no-computer-use --idle-on-complete"),
                row(
                        "profile",
                        a -> a.snapshot("profile_id", "\u00a0p\u0085"),
                        head + " --profile p --computer-use --idle-on-complete"),
                row(
                        "skill",
                        a -> a.snapshot("skill_spec", "s "),
                        head + " --skill s --computer-use --idle-on-complete"),
                row(
                        "mcp servers as compact JSON",
                        a -> a.snapshot("mcp_servers", Map.of("a", Map.of("port", 1.50))),
                        head + " --mcp {\"a\":{\"port\":1.5}} --computer-use --idle-on-complete"),
                row("no mcp servers", a -> a.snapshot("mcp_servers", Map.of()), oz),
                row(
                        "computer use on for another harness",
                        a -> a.snapshot("computer_use_enabled", true).harness("x"),
                        head + " --computer-use --harness x --idle-on-complete"),
                row(
                        "computer use off for another harness",
                        a -> a.snapshot("computer_use_enabled", false).harness("x"),
                        head + " --no-computer-use --harness x --idle-on-complete"),
                row(
                        "computer use unset",
                        a -> a.with("task", task(Collections.singletonMap("computer_use_enabled", null))),
                        oz),
                row(
                        "computer use off",
                        a -> a.snapshot("computer_use_enabled", false),
                        head + " --no-computer-use --idle-on-complete"),
                row(
                        "bedrock role and region",
                        a -> a.snapshot("inference_providers", aws(Map.of("role_arn", " r ", "region", " e "))),
                        head + " --computer-use --bedrock-inference-role r --bedrock-role-region e --idle-on-complete"),
                row(
                        "bedrock role without a region",
                        a -> a.snapshot("inference_providers", aws(Map.of("role_arn", "r"))),
                        head + " --computer-use --bedrock-inference-role r --idle-on-complete"),
                row(
                        "a bedrock region without a role",
                        a -> a.snapshot("inference_providers", aws(Map.of("region", "e", "role_arn", " "))),
                        oz),
                row(
                        "bedrock not disabled",
                        a -> a.snapshot("inference_providers", aws(Map.of("role_arn", "r", "disabled", false))),
                        head + " --computer-use --bedrock-inference-role r --idle-on-complete"),
                row("no inference provider", a -> a.snapshot("inference_providers", Map.of()), oz),
                row(
                        "a blank bedrock region",
                        a -> a.snapshot("inference_providers", aws(Map.of("role_arn", "r", "region", " "))),
                        head + " --computer-use --bedrock-inference-role r --idle-on-complete"),
                row(
                        "bedrock disabled",
                        a -> a.snapshot("inference_providers", aws(Map.of("role_arn", "r", "disabled", true))),
                        oz),
                row(
                        "shared for viewers",
                        a -> a.snapshot("session_sharing", Map.of("public_access", "VIEWER")),
                        head + " --computer-use --share public:view --idle-on-complete"),
                row(
                        "shared for editors",
                        a -> a.snapshot("session_sharing", Map.of("public_access", "EDITOR")),
                        head + " --computer-use --share public:edit --idle-on-complete"),
                row(
                        "shared in an unknown way",
                        a -> a.snapshot("session_sharing", Map.of("public_access", "viewer")),
                        oz),
                row("shared with nobody", a -> a.snapshot("session_sharing", Map.of()), oz),
                row(
                        "no snapshot",
                        a -> a.snapshot("snapshot_disabled", true),
                        head + " --computer-use --no-snapshot --idle-on-complete"),
                row("snapshots wanted", a -> a.snapshot("snapshot_disabled", false), oz),
                row(
                        "snapshot timeouts",
                        a -> a.snapshot("snapshot_upload_timeout_secs", 5).snapshot("snapshot_script_timeout_secs", 6),
                        head + " --computer-use --snapshot-upload-timeout 5s --snapshot-script-timeout 6s"
                                + " --idle-on-complete"),
                row(
                        "snapshot timeouts of nothing",
                        a -> a.snapshot("snapshot_upload_timeout_secs", 0).snapshot("snapshot_script_timeout_secs", -1),
                        oz),
                row(
                        "environment",
                        a -> a.snapshot("environment_id", " e "),
                        head + " --computer-use --environment e --idle-on-complete"),
                row(
                        "arguments of the server's own, as given",
                        a -> a.agentArgs("--x", "", "y").snapshot("environment_id", "e"),
                        head + " --computer-use --environment e --x  y --idle-on-complete"),
                row(
                        "minutes to idle",
                        a -> a.snapshot("idle_timeout_minutes", 7),
                        withIdle("2h"),
                        head + " --computer-use --idle-on-complete 7m"),
                row(
                        "fewer than no minutes to idle",
                        a -> a.snapshot("idle_timeout_minutes", -1),
                        head + " --computer-use --idle-on-complete"),
                row("an empty idle time", a -> a, withIdle(""), head + " --idle-on-complete"),
                row(
                        "no session sharing",
                        a -> a,
                        new AgentDefaults("https://root", Optional.empty(), Optional.of("")),
                        head + " --idle-on-complete"),
                row(
                        "no minutes to idle",
                        a -> a.snapshot("idle_timeout_minutes", 0),
                        withIdle("2h"),
                        head + " --computer-use --idle-on-complete 2h"),
                row(
                        "the worker's idle time, passed on as it is",
                        a -> a,
                        withIdle("whatever"),
                        head + " --idle-on-complete whatever"),
                row(
                        "session sharing, last",
                        a -> a.agentArgs("--x"),
                        new AgentDefaults("https://root", Optional.empty(), Optional.of("https://share")),
                        head + " --x --idle-on-complete --session-sharing-server-url https://share"),
                row(
                        "an empty root url",
                        a -> a,
                        new AgentDefaults("", Optional.empty(), Optional.empty()),
                        "agent run --task-id t --sandboxed --server-root-url  --idle-on-complete"));
    }

    @Test
    void putsEveryFlagInItsPlace() {
        Assignment everything = Assignment.of("t")
                .ownedByTeam()
                .snapshot("model_id", "m")
                .snapshot("profile_id", "p")
                .snapshot("skill_spec", "s")
                .snapshot("mcp_servers", Map.of("a", Map.of()))
                .snapshot("computer_use_enabled", true)
                .snapshot("idle_timeout_minutes", 3)
                .harness("oz")
                .snapshot("inference_providers", aws(Map.of("role_arn", "r", "region", "e")))
                .snapshot("session_sharing", Map.of("public_access", "VIEWER"))
                .snapshot("snapshot_disabled", true)
                .snapshot("snapshot_upload_timeout_secs", 1)
                .snapshot("snapshot_script_timeout_secs", 2)
                .snapshot("environment_id", "env")
                .snapshot("base_prompt", "canary")
                .snapshot("harness_auth_secrets", Map.of("claude_auth_secret_name", "canary"))
                .agentArgs("--extra");

        List<String> args =
                args(everything, new AgentDefaults("https://root", Optional.of("2h"), Optional.of("https://share")));

        assertThat(String.join(" ", args))
                .isEqualTo("agent run --share team:edit --task-id t --sandboxed --server-root-url https://root"
                        + " --model m --profile p --skill s --mcp {\"a\":{}} --computer-use"
                        + " --bedrock-inference-role r --bedrock-role-region e --harness oz --share public:view"
                        + " --no-snapshot --snapshot-upload-timeout 1s --snapshot-script-timeout 2s"
                        + " --environment env --extra --idle-on-complete 3m"
                        + " --session-sharing-server-url https://share");
        assertThat(args).noneMatch(arg -> arg.contains("canary") || arg.contains("prompt") || arg.contains("title"));
    }

    @Test
    void passesMcpServersOnWithoutLosingDigits() throws JsonProcessingException {
        String servers = "{\"a\":{\"n\":12345678901234567890.10,\"text\":\"ü\"}}";
        Assignment assignment = Assignment.of("t").snapshot("mcp_servers", new ObjectMapper().readTree("{}"));
        String frame = Frames.assignment(assignment).replace("\"mcp_servers\":{}", "\"mcp_servers\":" + servers);

        assertThat(AgentCommand.args(Frames.read(frame), DEFAULTS)).contains(servers);
    }

    @Test
    @Timeout(10) // which a time in the square of their number exceeds by far
    void trimsAnyNumberOfBlanks() {
        String blanks = "\u00a0".repeat(50_000);

        assertThat(args(Assignment.of("t").snapshot("profile_id", blanks + "p" + blanks + "q" + blanks), DEFAULTS))
                .contains("p" + blanks + "q");
    }

    private static List<String> args(Assignment assignment, AgentDefaults defaults) {
        return AgentCommand.args(Frames.read(Frames.assignment(assignment)), defaults);
    }

    private static Arguments row(String rule, UnaryOperator<Assignment> change, String expected) {
        return row(rule, change, DEFAULTS, expected);
    }

    private static Arguments row(
            String rule, UnaryOperator<Assignment> change, AgentDefaults defaults, String expected) {
        return Arguments.of(rule, change, defaults, expected);
    }

    private static AgentDefaults withIdle(String idle) {
        return new AgentDefaults("https://root", Optional.of(idle), Optional.empty());
    }

    private static Map<String, Object> aws(Map<String, Object> aws) {
        return Map.of("aws", aws);
    }

    private static Map<String, Object> task(Map<String, Object> snapshot) {
        return Map.of("id", "t", "agent_config_snapshot", snapshot);
    }
}
