package dev.slipway.executor.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.executor.core.Observed;
import dev.slipway.executor.core.RunId;
import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Cause;
import dev.slipway.protocol.Container;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.Program;
import dev.slipway.protocol.SecretValue;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.settings.Settings;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobManifestsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final RunId RUN = new RunId("ledger-1", new ExecutionKey("exec-12345678", 1));
    private static final String TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    /** What the worker daemon's reference describes, with every setting that shows. */
    private static final String EXAMPLE = """
            worker_id: My Worker
            backend:
              kubernetes:
                namespace: agents
                default_image: default:1
                image_pull_policy: Always
                setup_command: make setup
                teardown_command: make clean
                extra_labels: {team: blue, oz-task-id: theirs}
                extra_annotations: {note: hello}
                active_deadline_seconds: 28800
                workspace_size_limit: 10Gi
                sidecar_image: agent:2
                coding_cli_sidecars: {claude: claude:1}
                pod_template:
                  nodeSelector: {disk: ssd}
                  terminationGracePeriodSeconds: 45
                  volumes: [{name: cache, emptyDir: {}}]
                  initContainers: [{name: theirs, image: theirs:1}]
                  containers:
                    - name: proxy
                      image: proxy:1
                    - name: task
                      image: overridden
                      imagePullPolicy: Never
                      resources: {requests: {cpu: 1, memory: 1Gi, ephemeral-storage: 1Gi}, limits: {cpu: 3}}
                      env: [{name: FROM_TEMPLATE, value: "1"}, {name: OWN, value: template}]
                      volumeMounts: [{name: cache, mountPath: /cache}, {name: cache, mountPath: /agent}]
                      lifecycle: {postStart: {exec: {command: [echo]}}}
            """;

    private static TaskSpec agent(String... args) {
        return new TaskSpec(
                "Task 1",
                new Program.Agent(List.of(args), Optional.of("claude")),
                Optional.of("assigned:1"),
                Map.of(
                        "TASK_ID", SecretValue.of("Task 1"),
                        "OWN", SecretValue.of("of the task: $(PATH) $HOME"),
                        "OZ_RUN_ID", SecretValue.of("theirs"),
                        "TRACEPARENT", SecretValue.of(TRACEPARENT)),
                Optional.empty(),
                Optional.of(TRACEPARENT),
                new Container(
                        Optional.of("agent:1"),
                        List.of(new Container.Sidecar("tools:1", "/tools", true)),
                        new Container.Shape(OptionalDouble.of(0.5), OptionalDouble.of(4))));
    }

    private static Job job(String yaml, TaskSpec spec) throws StartFailure {
        return manifest(yaml, spec).job();
    }

    private static Manifest manifest(String yaml, TaskSpec spec) throws StartFailure {
        Site site = KubernetesWiring.site(Settings.parse(yaml), "executor-1", Map.of());
        return JobManifests.of(
                site, RUN, spec, Names.ofJob(spec.taskId(), RUN.key()).getFirst());
    }

    private static JsonNode json(Object object) throws Exception {
        return JSON.readTree(Serialization.asJson(object));
    }

    @Test
    void theJobOfTheExampleIsTheReferencesFieldByField() throws Exception {
        JsonNode job = json(job(EXAMPLE, agent("agent", "run", "--mcp", "{\"a\": \"$b\"}")));
        JsonNode pod = job.at("/spec/template/spec");
        JsonNode task = pod.at("/containers/1");

        assertThat(job.fieldNames()).toIterable().containsExactlyInAnyOrder("apiVersion", "kind", "metadata", "spec");
        assertThat(job.at("/metadata").fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder("name", "namespace", "labels", "annotations");
        assertThat(job.at("/spec/template/metadata").fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder("labels", "annotations");
        assertThat(job.at("/metadata/name").asText()).isEqualTo("oz-task-task-1-exec-12345678");
        assertThat(job.at("/metadata/namespace").asText()).isEqualTo("agents");
        assertThat(job.at("/metadata/labels")).isEqualTo(JSON.readTree("""
                {"oz-worker-id": "my-worker", "oz-worker-hash": "%s", "oz-task-id": "task-1", "oz-task-hash": "%s",
                 "oz-execution-id": "exec-12345678", "oz-execution-hash": "%s", "slipway.dev/executor": "%s",
                 "team": "blue"}
                """.formatted(
                Names.hash("My Worker"), Names.hash("Task 1"), Names.hash("exec-12345678"), Names.hash("executor-1"))));
        assertThat(job.at("/spec/template/metadata/labels")).isEqualTo(job.at("/metadata/labels"));
        assertThat(job.at("/metadata/annotations")).isEqualTo(JSON.readTree("""
                {"note": "hello", "slipway.dev/executor-id": "executor-1", "slipway.dev/ledger": "ledger-1",
                 "slipway.dev/execution-id": "exec-12345678", "slipway.dev/attempt": "1",
                 "slipway.dev/task-id": "Task 1", "slipway.dev/traceparent": "%s"}
                """.formatted(TRACEPARENT)));
        assertThat(job.at("/spec/template/metadata/annotations")).isEqualTo(job.at("/metadata/annotations"));
        assertThat(without(job.at("/spec"), "template")).isEqualTo(JSON.readTree("""
                {"parallelism": 1, "completions": 1, "backoffLimit": 0, "activeDeadlineSeconds": 28800,
                 "ttlSecondsAfterFinished": 86400, "podReplacementPolicy": "Failed",
                 "podFailurePolicy": {"rules": [{"action": "FailJob",
                   "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]}}
                """));
        assertThat(without(pod, "containers", "initContainers", "volumes")).isEqualTo(JSON.readTree("""
                {"restartPolicy": "Never", "automountServiceAccountToken": false,
                 "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
                 "nodeSelector": {"disk": "ssd"}, "terminationGracePeriodSeconds": 45}
                """));
        assertThat(pod.at("/volumes")).isEqualTo(JSON.readTree("""
                [{"name": "cache", "emptyDir": {}}, {"name": "workspace", "emptyDir": {"sizeLimit": "10Gi"}},
                 {"name": "sidecar-0-data", "emptyDir": {}}, {"name": "sidecar-1-data", "emptyDir": {}},
                 {"name": "sidecar-2-data", "emptyDir": {}}]
                """));
        assertThat(names(pod.at("/initContainers")))
                .containsExactly("copy-sidecar-0", "copy-sidecar-1", "copy-sidecar-2", "setup", "theirs");
        List<String> images = List.of("agent:2", "tools:1", "claude:1");
        for (int i = 0; i < images.size(); i++) {
            assertThat(pod.at("/initContainers/" + i))
                    .isEqualTo(JSON.readTree("""
                    {"name": "copy-sidecar-%1$d", "image": "%2$s", "imagePullPolicy": "Always",
                     "command": ["/bin/sh", "-c", "%3$s"],
                     "securityContext": {"runAsUser": 0, "runAsNonRoot": false},
                     "volumeMounts": [{"name": "sidecar-%1$d-data", "mountPath": "/target"}]}
                    """.formatted(i, images.get(i), Scripts.copy())));
        }
        assertThat(pod.at("/initContainers/4"))
                .isEqualTo(JSON.readTree("{\"name\": \"theirs\", \"image\": \"theirs:1\"}"));
        assertThat(Scripts.copy())
                .isEqualTo("cd / && tar -cf - --exclude=./target --exclude=./proc --exclude=./sys"
                        + " --exclude=./dev --exclude=./.dockerenv --exclude=./var/run/secrets --exclude=./run/secrets ."
                        + " | tar -xf - -C /target");
        String mounts = """
                {"name": "workspace", "mountPath": "/workspace"},
                {"name": "sidecar-0-data", "mountPath": "/agent", "readOnly": true},
                {"name": "sidecar-1-data", "mountPath": "/tools"},
                {"name": "sidecar-2-data", "mountPath": "/mnt/claude-cli-sidecar", "readOnly": true}
                """;
        assertThat(without(pod.at("/initContainers/3"), "env")).isEqualTo(JSON.readTree("""
                {"name": "setup", "image": "assigned:1", "imagePullPolicy": "Always",
                 "command": ["/bin/sh", "-c", "make setup"], "workingDir": "/workspace", "volumeMounts": [%s]}
                """.formatted(mounts)));
        assertThat(pod.at("/initContainers/3/env")).isEqualTo(task.at("/env"));
        assertThat(pod.at("/containers/0")).isEqualTo(JSON.readTree("{\"name\": \"proxy\", \"image\": \"proxy:1\"}"));
        assertThat(without(task, "command", "lifecycle")).isEqualTo(JSON.readTree("""
                {"name": "task", "image": "assigned:1", "imagePullPolicy": "Never", "workingDir": "/workspace",
                 "args": ["agent", "run", "--mcp", "{\\"a\\": \\"$$b\\"}"],
                 "resources": {"requests": {"cpu": "500m", "memory": "4294967296", "ephemeral-storage": "1Gi"},
                               "limits": {"cpu": "500m", "memory": "4294967296"}},
                 "env": [{"name": "FROM_TEMPLATE", "value": "1"},
                         {"name": "OWN", "value": "of the task: $$(PATH) $$HOME"},
                         {"name": "TASK_ID", "value": "Task 1"},
                         {"name": "TRACEPARENT", "value": "%s"},
                         {"name": "OZ_ENVIRONMENT_FILE", "value": "/workspace/.oz-env"},
                         {"name": "OZ_WORKSPACE_ROOT", "value": "/workspace"},
                         {"name": "OZ_WORKER_BACKEND", "value": "kubernetes"},
                         {"name": "OZ_RUN_ID", "value": "Task 1"}],
                 "volumeMounts": [{"name": "cache", "mountPath": "/cache"}, %s]}
                """.formatted(TRACEPARENT, mounts)));
        assertThat(texts(task.at("/command")))
                .containsExactly(
                        "/bin/sh", "-c", Scripts.agent("make clean").get(2).replace("$", "$$"), "oz-task");
        assertThat(Scripts.agent("make clean").get(2))
                .startsWith("if [ -f \"$OZ_ENVIRONMENT_FILE\" ]; then set -a; . \"$OZ_ENVIRONMENT_FILE\"; set +a; fi; ")
                .contains("/agent/entrypoint.sh \"$@\"", "\nmake clean\n");
        assertThat(task.at("/lifecycle")).isEqualTo(JSON.readTree("""
                {"postStart": {"exec": {"command": ["echo"]}},
                 "preStop": {"exec": {"command": ["/bin/sh", "-c", %s]}}}
                """.formatted(JSON.writeValueAsString(
                Scripts.teardownOnKill("make clean").getLast()))));
    }

    @Test
    void aPlainTaskHasDefaultsAndNothingElse() throws Exception {
        TaskSpec command = new TaskSpec(
                "t",
                new Program.Command(List.of("echo", "$HOME")),
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Optional.empty());
        JsonNode job = json(job("backend: {kubernetes: {}}", command));
        JsonNode task = job.at("/spec/template/spec/containers/0");

        assertThat(job.at("/spec").has("activeDeadlineSeconds")).isFalse();
        assertThat(task.at("/image").asText()).isEqualTo("ubuntu:22.04");
        assertThat(task.at("/imagePullPolicy").asText()).isEqualTo("IfNotPresent");
        assertThat(texts(task.at("/command"))).containsExactly("echo");
        assertThat(texts(task.at("/args"))).containsExactly("$$HOME");
        assertThat(task.has("resources")).isFalse();
        assertThat(task.has("lifecycle")).isFalse();
        assertThat(job.at("/metadata/labels/oz-worker-id").asText()).isEqualTo("unknown");
    }

    @Test
    void withoutTeardownTheAgentTakesTheShellsPlace() throws Exception {
        Job job = job("backend: {kubernetes: {}}", agent("agent", "run"));

        assertThat(job.getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getCommand())
                .containsExactly(
                        "/bin/sh",
                        "-c",
                        "if [ -f \"$$OZ_ENVIRONMENT_FILE\" ]; then set -a; . \"$$OZ_ENVIRONMENT_FILE\"; set +a; fi; "
                                + "exec /agent/entrypoint.sh \"$$@\"",
                        "oz-task");
    }

    @Test
    void aTasksWorkingDirectoryIsItsContainers() throws Exception {
        TaskSpec there = new TaskSpec(
                "t",
                new Program.Command(List.of("pwd")),
                Optional.empty(),
                Map.of(),
                Optional.of("/repo"),
                Optional.empty());
        JsonNode pod =
                json(job("backend: {kubernetes: {setup_command: make}}", there)).at("/spec/template/spec");

        assertThat(pod.at("/containers/0/workingDir").asText()).isEqualTo("/repo");
        assertThat(pod.at("/initContainers/0/workingDir").asText())
                .as("the setup command is the operator's")
                .isEqualTo("/workspace");
    }

    @ParameterizedTest
    @CsvSource({"relative", "''"})
    void aWorkingDirectoryThatIsNoAbsolutePathFailsItsTask(String directory) {
        TaskSpec nowhere = new TaskSpec(
                "t",
                new Program.Command(List.of("pwd")),
                Optional.empty(),
                Map.of(),
                Optional.of(directory),
                Optional.empty());

        assertThatThrownBy(() -> job("backend: {kubernetes: {}}", nowhere))
                .isInstanceOfSatisfying(
                        StartFailure.class,
                        failure -> assertThat(failure.ending().reason()).isEqualTo(Cause.WORKSPACE_UNFIT.reason()))
                .hasMessageContaining("'" + directory + "' is no absolute path");
    }

    @Test
    void noTemplateHasTheAgentStartedAgainInItsPod() throws Exception {
        JsonNode task = json(job("""
                        backend:
                          kubernetes:
                            pod_template:
                              containers:
                                - name: task
                                  restartPolicy: Always
                                  restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [1]}}]
                        """, agent())).at("/spec/template/spec/containers/0");

        assertThat(task.has("restartPolicy")).isFalse();
        assertThat(task.has("restartPolicyRules")).isFalse();
    }

    @Test
    void aJobOutlastsAnOutageAndARecordTheLongestOne() throws Exception {
        String yaml = "backend: {kubernetes: {ttl_seconds_after_finished: 0}}";
        Site site = KubernetesWiring.site(Settings.parse(yaml), "executor-1", Map.of());
        Job record = JobManifests.record(site, RUN, "t", Optional.empty(), "name", EndRecords.ANNOTATION, "how");

        assertThat(job(yaml, agent()).getSpec().getTtlSecondsAfterFinished()).isEqualTo(3600);
        assertThat(record.getSpec().getTtlSecondsAfterFinished()).isEqualTo(7 * 86_400);
    }

    @Test
    void withoutCleanupNothingRemovesTheJob() throws Exception {
        assertThat(json(job("{cleanup: false, backend: {kubernetes: {}}}", agent()))
                        .at("/spec")
                        .has("ttlSecondsAfterFinished"))
                .isFalse();
    }

    @Test
    void theTemplateMayRelaxWhatIsHardened() throws Exception {
        JsonNode pod = json(job("""
                        backend:
                          kubernetes:
                            pod_template:
                              serviceAccountName: agents
                              securityContext: {runAsUser: 1000, seccompProfile: {type: Unconfined}}
                        """, agent())).at("/spec/template/spec");

        assertThat(pod.has("automountServiceAccountToken")).isFalse();
        assertThat(pod.at("/securityContext"))
                .isEqualTo(JSON.readTree("{\"runAsUser\": 1000, \"seccompProfile\": {\"type\": \"Unconfined\"}}"));
        assertThat(json(job("backend: {kubernetes: {pod_template: {automountServiceAccountToken: on}}}", agent()))
                        .at("/spec/template/spec/automountServiceAccountToken")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void imagesCanBeMountedAsVolumes() throws Exception {
        TaskSpec spec = agent();
        TaskSpec readOnly = new TaskSpec(
                spec.taskId(),
                spec.program(),
                spec.image(),
                spec.env(),
                spec.workdir(),
                spec.traceparent(),
                new Container(
                        Optional.of("agent:1"), List.of(), spec.container().shape()));
        JsonNode pod = json(job("backend: {kubernetes: {use_image_volumes: true}}", readOnly))
                .at("/spec/template/spec");

        assertThat(pod.has("initContainers")).isFalse();
        assertThat(pod.at("/volumes/1")).isEqualTo(JSON.readTree("""
                {"name": "sidecar-0-image", "image": {"reference": "agent:1", "pullPolicy": "IfNotPresent"}}
                """));
        assertThat(pod.at("/containers/0/volumeMounts/1")).isEqualTo(JSON.readTree("""
                {"name": "sidecar-0-image", "mountPath": "/agent", "readOnly": true}
                """));
        assertThatThrownBy(() -> job("backend: {kubernetes: {use_image_volumes: true}}", spec))
                .hasMessageContaining("is to be writable");
    }

    @ParameterizedTest
    @CsvSource({
        "'', /a, names no image",
        "i, '', no absolute path",
        "i, relative, no absolute path",
        "i, /a:b, no absolute path",
        "i, /workspace/, files of its own",
        "i, /a/.., files of its own",
        "i, /agent//, two sidecars",
        "i, /tools, two sidecars",
    })
    void sidecarsThatCannotBeMountedFailTheirTask(String image, String path, String words) {
        TaskSpec spec = agent();
        TaskSpec unfit = new TaskSpec(
                spec.taskId(),
                spec.program(),
                spec.image(),
                spec.env(),
                spec.workdir(),
                spec.traceparent(),
                new Container(
                        Optional.of("agent:1"),
                        List.of(
                                new Container.Sidecar("tools:1", "/tools", false),
                                new Container.Sidecar(image, path, false)),
                        spec.container().shape()));

        assertThatThrownBy(() -> job("backend: {kubernetes: {}}", unfit))
                .isInstanceOfSatisfying(
                        StartFailure.class,
                        failure -> assertThat(failure.ending().reason()).isEqualTo(Cause.SIDECAR_UNFIT.reason()))
                .hasMessageContaining(words);
    }

    @Test
    void theToolsOfAHarnessReplaceWhatTheAssignmentHasThere() throws Exception {
        TaskSpec spec = agent();
        TaskSpec there = new TaskSpec(
                spec.taskId(),
                spec.program(),
                spec.image(),
                spec.env(),
                spec.workdir(),
                spec.traceparent(),
                new Container(
                        Optional.empty(),
                        List.of(
                                new Container.Sidecar("theirs", "/mnt/claude-cli-sidecar", true),
                                new Container.Sidecar("more", "/more", false)),
                        spec.container().shape()));
        Job job = job("backend: {kubernetes: {sidecar_image: unused, coding_cli_sidecars: {claude: ours}}}", there);

        assertThat(job.getSpec().getTemplate().getSpec().getInitContainers())
                .extracting(container -> container.getImage())
                .containsExactly("ours", "more");
    }

    @Test
    void flagsWinOverTheTaskAndTheTemplateOverOurTrace() throws Exception {
        Job job = job("""
                backend:
                  kubernetes:
                    pod_template: {containers: [{name: task, env: [{name: TRACEPARENT, value: theirs}]}]}
                slipway: {kubernetes: {environment: [{name: OWN, value: flag}]}}
                """, agent());

        assertThat(job.getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getEnv())
                .anySatisfy(variable -> {
                    assertThat(variable.getName()).isEqualTo("OWN");
                    assertThat(variable.getValue()).isEqualTo("flag");
                })
                .anySatisfy(variable -> {
                    assertThat(variable.getName()).isEqualTo("TRACEPARENT");
                    assertThat(variable.getValue()).isEqualTo("theirs");
                });
    }

    @Test
    void valuesAndLongArgumentsCanBeInASecret() throws Exception {
        String argument = "a".repeat(5000) + "$x";
        Manifest manifest = manifest(
                "{backend: {kubernetes: {}}, slipway: {kubernetes: {env_as_secret: true}}}",
                agent("short $y", argument));
        String written = Serialization.asJson(manifest.job());

        assertThat(written).doesNotContain("of the task").doesNotContain("aaaa");
        assertThat(manifest.secrets().values())
                .extracting(SecretValue::reveal)
                .contains("of the task: $(PATH) $HOME", argument);
        assertThat(manifest.job()
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getArgs())
                .containsExactly("short $$y", "$(SLIPWAY_ARGUMENT_0)");
        assertThat(Marks.hasSecret(manifest.job())).isTrue();
        assertThat(manifest.toString()).doesNotContain("of the task");
    }

    @Test
    void aRecordSaysHowTheRunEndedAndMakesNoPod() throws Exception {
        Site site = KubernetesWiring.site(Settings.parse("backend: {kubernetes: {}}"), "executor-1", Map.of());
        Observed.Ended end = new Observed.Ended(Cause.JOB_DEADLINE.exited(137, "why", true), 1, 2);
        Job record = JobManifests.record(
                site, RUN, "t", Optional.of(TRACEPARENT), "name", EndRecords.ANNOTATION, EndRecords.write(end));

        assertThat(EndRecords.read(record)).isEqualTo(end);
        assertThat(Marks.run(record)).contains(RUN);
        assertThat(record.getSpec().getParallelism()).isZero();
        assertThat(record.getSpec().getCompletions()).isZero();
        assertThat(record.getSpec().getTemplate().getSpec().getContainers())
                .as("no rule for images refuses it that let the preflight pass")
                .extracting(container -> container.getImage())
                .containsExactly("busybox:1.36");
    }

    private static JsonNode without(JsonNode object, String... fields) {
        return ((com.fasterxml.jackson.databind.node.ObjectNode) object.deepCopy()).without(Arrays.asList(fields));
    }

    private static List<String> names(JsonNode containers) {
        List<String> names = new ArrayList<>();
        containers.forEach(container -> names.add(container.path("name").asText()));
        return names;
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
