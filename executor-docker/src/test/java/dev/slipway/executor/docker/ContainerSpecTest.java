package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.protocol.Container;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.settings.DockerRules;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class ContainerSpecTest {
    private static final Container.Shape UNLIMITED = Container.plain().shape();

    @Test
    void anAgentIsStartedThroughItsSidecarInTheWorkspace() {
        JsonNode body = body(agent(UNLIMITED), DockerRules.defaults());

        assertThat(body.path("Cmd")).hasToString("[\"/agent/entrypoint.sh\",\"agent\",\"run\"]");
        assertThat(body.has("Entrypoint")).isFalse();
        assertThat(body.path("WorkingDir").asText()).isEqualTo("/workspace");
        assertThat(body.path("Image").asText()).isEqualTo("sha256:1");
        assertThat(body.has("User")).isFalse();
        assertThat(body.path("HostConfig").has("NetworkMode")).isFalse();
    }

    @Test
    void sidecarsAreMountedBeforeTheOperatorsVolumes() {
        assertThat(body(agent(UNLIMITED), DockerRules.defaults())
                        .path("HostConfig")
                        .path("Binds"))
                .hasToString("[\"files:/agent:ro\",\"/cache:/cache:z\"]");
    }

    @Test
    void theOperatorsEnvironmentWinsOverTheTasks() {
        JsonNode env = body(agent(UNLIMITED), DockerRules.defaults()).path("Env");

        assertThat(env).extracting(JsonNode::asText).containsExactlyInAnyOrder("OWN=1", "BOTH=operator");
    }

    @Test
    void theShapeLimitsProcessorsAndMemoryWithoutSwap() {
        JsonNode host = body(
                        agent(new Container.Shape(OptionalDouble.of(1.5), OptionalDouble.of(0.5))),
                        DockerRules.defaults())
                .path("HostConfig");

        assertThat(host.path("NanoCpus").asLong()).isEqualTo(1_500_000_000L);
        assertThat(host.path("Memory").asLong()).isEqualTo(512L << 20);
        assertThat(host.path("MemorySwap").asLong()).isEqualTo(512L << 20);
        assertThat(body(agent(UNLIMITED), DockerRules.defaults())
                        .path("HostConfig")
                        .has("Memory"))
                .isFalse();
    }

    @Test
    void aTaskIsConfinedUnlessTheOperatorSaysOtherwise() {
        JsonNode host = body(agent(UNLIMITED), DockerRules.defaults()).path("HostConfig");

        assertThat(host.path("Init").asBoolean()).isTrue();
        assertThat(host.path("SecurityOpt")).hasToString("[\"no-new-privileges\"]");
        assertThat(host.path("CapDrop"))
                .hasToString("[\"AUDIT_WRITE\",\"MKNOD\",\"NET_RAW\",\"SETPCAP\",\"SYS_CHROOT\"]");
        assertThat(host.path("PidsLimit").asInt()).isEqualTo(4096);
        assertThat(host.path("LogConfig"))
                .hasToString(
                        "{\"Type\":\"local\",\"Config\":{\"max-size\":\"20000k\",\"max-file\":\"5\",\"compress\":\"false\"}}");
    }

    @Test
    void everySwitchOfTheConfinementCanBeTurned() {
        DockerRules usual = DockerRules.defaults();
        DockerRules relaxed = new DockerRules(
                usual.pullPolicy(),
                usual.pullStall(),
                usual.keepSidecars(),
                new DockerRules.Confinement(false, false, List.of(), 0, 7),
                Optional.of("agents"),
                Optional.empty(),
                Optional.empty());

        JsonNode host = body(agent(UNLIMITED), relaxed).path("HostConfig");

        assertThat(host.path("Init").asBoolean()).isFalse();
        assertThat(host.has("SecurityOpt")).isFalse();
        assertThat(host.path("CapDrop")).isEmpty();
        assertThat(host.has("PidsLimit")).isFalse();
        assertThat(host.path("NetworkMode").asText()).isEqualTo("agents");
        assertThat(host.path("LogConfig").path("Config").path("max-size").asText())
                .isEqualTo("1400k");
    }

    @Test
    void aShapeThatIsTooSmallToRunIsNotTakenForNoLimit() {
        Container.Shape tiny = new Container.Shape(OptionalDouble.of(1e-12), OptionalDouble.of(1e-12));

        JsonNode host = body(agent(tiny), DockerRules.defaults()).path("HostConfig");

        assertThat(host.path("NanoCpus").asLong()).isEqualTo(1);
        assertThat(host.path("Memory").asLong()).isEqualTo(1);
        assertThat(host.path("MemorySwap").asLong()).isEqualTo(1);
    }

    private static JsonNode body(TaskSpec task, DockerRules rules) {
        return new ContainerSpec(
                        task,
                        "sha256:1",
                        List.of("files:/agent:ro"),
                        Map.of("label", "value"),
                        new DockerConfig(
                                List.of("/cache:/cache:z"),
                                Map.of("BOTH", SecretValue.of("operator")),
                                true,
                                rules,
                                Map.of()))
                .body();
    }

    private static TaskSpec agent(Container.Shape shape) {
        return new TaskSpec(
                "task",
                new Program.Agent(List.of("agent", "run"), Optional.empty()),
                Optional.of("image"),
                Map.of("OWN", SecretValue.of("1"), "BOTH", SecretValue.of("task")),
                Optional.empty(),
                Optional.empty(),
                new Container(Optional.empty(), List.of(), shape));
    }
}
