package dev.slipway.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsReaderTest {
    @TempDir
    Path dir;

    @Test
    void readsEveryKey() {
        var settings = Settings.parse("""
                worker_id: builder-1
                cleanup: false
                max_concurrent_tasks: 3
                idle_on_complete: 10m
                backend:
                  direct:
                    workspace_root: /srv/work
                    target_dir: /srv/repo
                    oz_path: /opt/oz
                    setup_command: make setup
                    teardown_command: make teardown
                    environment:
                      - name: PORT
                        value: 3000
                      - name: HOME_TOKEN
                slipway:
                  queue_limit: 7
                  limits:
                    direct: 2
                  default_timeout: 8h
                  queue_timeout: 24h
                  stall_after: 5m
                  lost_after: 1h
                  retry: {attempts: 4, delay: 2s, max_delay: 30s}
                  on_shutdown: stop
                  direct:
                    expose_api_key: yes
                    setup_timeout: 90s
                """);

        assertThat(settings)
                .isEqualTo(new Settings(
                        Optional.of("builder-1"),
                        false,
                        3,
                        Optional.of("10m"),
                        Optional.of(new Direct(
                                Path.of("/srv/work"),
                                Optional.of(Path.of("/srv/repo")),
                                Optional.of("/opt/oz"),
                                Optional.of("make setup"),
                                Optional.of("make teardown"),
                                List.of(
                                        new EnvironmentEntry("PORT", Optional.of(new Secret("3000"))),
                                        new EnvironmentEntry("HOME_TOKEN", Optional.empty())))),
                        new SlipwaySettings(
                                7,
                                Map.of(Backend.DIRECT, 2),
                                new SlipwaySettings.TimeLimits(
                                        Optional.of(Duration.ofHours(8)),
                                        Optional.of(Duration.ofDays(1)),
                                        Optional.of(Duration.ofMinutes(5)),
                                        Optional.of(Duration.ofHours(1))),
                                new SlipwaySettings.Retry(4, Duration.ofSeconds(2), Duration.ofSeconds(30)),
                                true,
                                true,
                                Optional.of(Duration.ofSeconds(90)),
                                DockerRules.defaults())));
    }

    @ParameterizedTest
    @CsvSource({"0, ''", "-1s, ''", "'', 1h", "1h, 1h", "1.5m, 90s"})
    void theSetupCommandHasAnHourUnlessTheFileSaysOtherwise(String text, String expected) {
        var settings = Settings.parse("slipway: {direct: {setup_timeout: '" + text + "'}}");

        assertThat(settings.slipway().setupTimeout())
                .isEqualTo(GoDuration.parse(expected).filter(Duration::isPositive));
        assertThat(Settings.parse(settings.toYaml())).isEqualTo(settings);
    }

    @Test
    void readsEveryKeyOfDocker() {
        var settings = Settings.parse("""
                backend:
                  docker:
                    volumes: ["/cache:/cache:ro", data:/data]
                    environment:
                      - name: A
                        value: true
                slipway:
                  limits: {docker: 3, kubernetes: 4}
                  docker:
                    pull_policy: missing
                    pull_stall_timeout: 0
                    keep_sidecars: 48h
                    init: no
                    no_new_privileges: no
                    drop_capabilities: [ALL]
                    pids_limit: 0
                    log_megabytes: 20
                    network: agents
                    allowed_images: ["registry.example/*"]
                    allowed_mounts: [/cache, data]
                """);

        assertThat(settings.backend())
                .contains(new Docker(
                        List.of("/cache:/cache:ro", "data:/data"),
                        List.of(new EnvironmentEntry("A", Optional.of(new Secret("true"))))));
        assertThat(settings.slipway().limits())
                .containsOnly(Map.entry(Backend.DOCKER, 3), Map.entry(Backend.KUBERNETES, 4));
        assertThat(settings.slipway().docker())
                .isEqualTo(new DockerRules(
                        DockerRules.PullPolicy.MISSING,
                        Optional.empty(),
                        Optional.of(Duration.ofDays(2)),
                        new DockerRules.Confinement(false, false, List.of("ALL"), 0, 20),
                        Optional.of("agents"),
                        Optional.of(List.of("registry.example/*")),
                        Optional.of(List.of("/cache", "data"))));
        assertThat(Settings.parse(settings.toYaml())).isEqualTo(settings);
    }

    @Test
    void anEmptyListOfWhatIsAllowedAllowsNothing() {
        var settings = Settings.parse("slipway: {docker: {allowed_images: [], allowed_mounts: []}}");

        assertThat(settings.slipway().docker().allowedImages()).contains(List.of());
        assertThat(settings.slipway().docker().allowedMounts()).contains(List.of());
        assertThat(Settings.parse(settings.toYaml())).isEqualTo(settings);
        assertThat(Settings.parse("slipway: {docker: {}}").slipway().docker().allowedImages())
                .isEmpty();
    }

    @Test
    void readsEveryKeyOfKubernetes() {
        var settings = Settings.parse("""
                backend:
                  kubernetes:
                    namespace: agents
                    kubeconfig: /etc/kube
                    default_image: agent:1
                    image_pull_policy: Always
                    use_image_volumes: yes
                    preflight_image: busybox:2
                    sidecar_image: sidecar:1
                    setup_command: make setup
                    teardown_command: make clean
                    extra_labels: {team: blue, on: 1}
                    extra_annotations: {note: ~}
                    active_deadline_seconds: 28800
                    ttl_seconds_after_finished: 60
                    workspace_size_limit: 10Gi
                    unschedulable_timeout: 1m30s
                    coding_cli_sidecars: {claude: claude:1}
                    pod_template:
                      nodeSelector: {disk: ssd}
                      containers: [{name: task, resources: {limits: {cpu: 2, memory: 1.5}}, env: [{name: A, value: "1"}]}]
                      automountServiceAccountToken: false
                      anything: ~
                    preflight_resources: {requests: {cpu: 10m}}
                slipway:
                  kubernetes: {environment: [{name: A, value: b}], env_as_secret: on}
                """);

        Map<String, @Nullable Object> template = new LinkedHashMap<>();
        template.put("nodeSelector", Map.of("disk", "ssd"));
        template.put(
                "containers",
                List.of(Map.of(
                        "name",
                        "task",
                        "resources",
                        Map.of("limits", Map.of("cpu", 2L, "memory", 1.5)),
                        "env",
                        List.of(Map.of("name", "A", "value", "1")))));
        template.put("automountServiceAccountToken", false);
        template.put("anything", null);
        assertThat(settings.backend())
                .contains(new Kubernetes(
                        "agents",
                        Optional.of(Path.of("/etc/kube")),
                        Optional.of("agent:1"),
                        Kubernetes.PullPolicy.ALWAYS,
                        true,
                        "busybox:2",
                        Optional.of("sidecar:1"),
                        Optional.of("make setup"),
                        Optional.of("make clean"),
                        Map.of("team", "blue", "on", "1"),
                        Map.of("note", ""),
                        OptionalLong.of(28_800),
                        60,
                        Optional.of("10Gi"),
                        Duration.ofSeconds(90),
                        Map.of("claude", "claude:1"),
                        Optional.of(new Raw(template)),
                        Optional.of(new Raw(Map.of("requests", Map.of("cpu", "10m")))),
                        List.of(new EnvironmentEntry("A", Optional.of(new Secret("b")))),
                        true));
        assertThat(settings.toString()).doesNotContain("ssd");
    }

    @Test
    void defaultsOfKubernetesAreTheWorkerDaemons() {
        assertThat(Settings.parse("backend: {kubernetes: {}}").backend()).contains(Kubernetes.defaults());
        assertThat(Kubernetes.defaults().namespace()).isEqualTo("default");
        assertThat(Kubernetes.defaults().preflightImage()).isEqualTo("busybox:1.36");
        assertThat(Kubernetes.defaults().imagePullPolicy().wireName()).isEqualTo("IfNotPresent");
        assertThat(Kubernetes.defaults().ttlSecondsAfterFinished()).isEqualTo(86_400);
        assertThat(Kubernetes.defaults().unschedulableTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(Kubernetes.defaults().activeDeadlineSeconds()).isEmpty();
    }

    @Test
    void understandsAnchorsAndMergeKeys() {
        var settings = Settings.parse("""
                backend:
                  docker:
                    environment:
                      - &first {name: A, value: x}
                      - {<<: *first, name: B}
                      - {<<: [{value: y}, *first], name: C}
                """);

        assertThat(settings.backend())
                .contains(new Docker(
                        List.of(),
                        List.of(
                                new EnvironmentEntry("A", Optional.of(new Secret("x"))),
                                new EnvironmentEntry("B", Optional.of(new Secret("x"))),
                                new EnvironmentEntry("C", Optional.of(new Secret("y"))))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a: &a {b: *a}",
                "{a: &a [x, x, x, x, x, x, x, x, x, x], b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a],"
                        + " c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b], d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c],"
                        + " e: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]}"
            })
    void refusesAliasesThatStandForTooMuch(String template) {
        var yaml = "backend: {kubernetes: {pod_template: %s}}"
                .formatted(template.startsWith("{") ? template : "{" + template + "}");

        assertThat(errorsOf(yaml)).singleElement().asString().contains("holds too much");
    }

    @ParameterizedTest
    @CsvSource({
        "30s, PT30S",
        "1h30m, PT1H30M",
        "1.5h, PT1H30M",
        "300ms, PT0.3S",
        "-1s, PT-1S",
        "0, PT0S",
        ".5m, PT30S",
        "1.s, PT1S",
        "2us, PT0.000002S"
    })
    void readsSpansOfTimeAsGoDoes(String text, Duration span) {
        assertThat(GoDuration.parse(text)).contains(span);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "s", "1 s", "1d", "1s1", "--1s", "9999999h"})
    void refusesWhatIsNoSpanOfTime(String text) {
        assertThat(GoDuration.parse(text)).isEmpty();
    }

    @Test
    void usesDefaultsForWhatIsNotGiven() {
        assertThat(Settings.parse("{}")).isEqualTo(Settings.defaults());
        assertThat(Settings.parse("backend: {direct: {}}").backend()).contains(Direct.defaults());
        assertThat(Settings.defaults().cleanup()).isTrue();
        assertThat(Settings.defaults().maxConcurrentTasks()).isZero();
        assertThat(Settings.defaults().slipway().queueLimit()).isEqualTo(100);
        assertThat(Direct.defaults().workspaceRoot()).hasToString("/var/lib/oz/workspaces");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "worker_id:",
                "worker_id: ~",
                "worker_id: ''",
                "cleanup: null",
                "max_concurrent_tasks: null",
                "backend: null",
                "backend: {direct: null}",
                "backend: {docker: ~, kubernetes: }",
                "backend: {direct: null, docker: null}",
                "slipway:",
                "slipway: {limits: null, queue_limit: null}",
                "slipway: {limits: {direct: 0}}"
            })
    void treatsNullsAndEmptyTextAsNotGiven(String yaml) {
        assertThat(Settings.parse(yaml)).isEqualTo(Settings.defaults());
    }

    @ParameterizedTest
    @CsvSource({
        "yes, true", "Yes, true", "on, true", "ON, true", "true, true", "y, true",
        "no, false", "NO, false", "off, false", "Off, false", "False, false", "n, false"
    })
    void readsBooleansAsYaml11Does(String word, boolean value) {
        assertThat(Settings.parse("cleanup: " + word).cleanup()).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"3000", "true", "yes", "1.50", "0x1F", "2026-01-01", "1_000", "a: b"})
    void readsScalarsAsTheTextThatIsWritten(String value) {
        var written = value.contains(": ") ? "'" + value + "'" : value;
        var yaml = "backend: {direct: {environment: [{name: A, value: %s}]}}".formatted(written);

        assertThat(Settings.parse(yaml).directOrDefaults().environment())
                .containsExactly(new EnvironmentEntry("A", Optional.of(new Secret(value))));
    }

    @Test
    void distinguishesAnEmptyValueFromNone() {
        var yaml = "backend: {direct: {environment: [{name: A, value: ''}, {name: B, value: null}]}}";

        assertThat(Settings.parse(yaml).directOrDefaults().environment())
                .containsExactly(
                        new EnvironmentEntry("A", Optional.of(new Secret(""))),
                        new EnvironmentEntry("B", Optional.empty()));
    }

    @Test
    void takesZeroForNever() {
        var slipway = Settings.parse(
                        "slipway: {stall_after: 0, lost_after: 0s, default_timeout: -1s, retry: {delay: 2m}}")
                .slipway();

        assertThat(slipway.times())
                .isEqualTo(new SlipwaySettings.TimeLimits(
                        Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty()));
        assertThat(slipway.retry().longestDelay()).isEqualTo(Duration.ofMinutes(2));
    }

    @Test
    void reportsEveryFaultOfWhatIsPassedOnAtItsPlace() {
        assertThat(errorsOf("""
                backend:
                  kubernetes:
                    pod_template:
                      a: 1
                      containers:
                        - {name: task}
                        - name: x
                          name: y
                      a: 2
                """))
                .containsExactlyInAnyOrder(
                        "line 8: backend.kubernetes.pod_template.containers[1].name: given twice: remove one",
                        "line 9: backend.kubernetes.pod_template.a: given twice: remove one");
    }

    @ParameterizedTest
    @CsvSource({
        "0400, 256",
        "0o400, 256",
        "0x1F, 31",
        "0b101, 5",
        "-7, -7",
        "1_000, 1000",
        "1.2096e+06, 1209600.0",
        "yes, true",
        "off, false",
        "08, 8.0",
        "'\"yes\"', yes",
        "'\"0400\"', 0400",
        "2Gi, 2Gi",
        "1.2.3, 1.2.3",
    })
    void passesScalarsOnAsYaml11MeansThem(String written, String value) {
        var settings = Settings.parse("backend: {kubernetes: {pod_template: {a: %s}}}".formatted(written));

        assertThat(settings.backend()).containsInstanceOf(Kubernetes.class);
        var template =
                ((Kubernetes) settings.backend().orElseThrow()).podTemplate().orElseThrow();
        assertThat(template.value().get("a")).hasToString(value);
        assertThat(Settings.parse(settings.toYaml())).isEqualTo(settings);
    }

    /** Of the kinds that the daemon's pages and its chart show. */
    private static Stream<String> filesOfTheDaemon() {
        return Stream.of("""
                worker_id: "w"
                backend:
                  direct:
                    workspace_root: "/var/lib/oz/workspaces"
                    oz_path: "/usr/local/bin/oz"
                """, """
                backend:
                  docker:
                    volumes:
                      - /data:/data:ro
                      - cache:/cache
                    environment:
                      - name: A
                      - name: B
                        value: "c"
                """, """
                backend:
                  kubernetes:
                    kubeconfig: "/etc/kube"
                    namespace: "agents"
                    default_image: "registry.example/dev:latest"
                    unschedulable_timeout: "2m"
                    pod_template:
                      nodeSelector:
                        kubernetes.io/os: linux
                      initContainers:
                        - {name: db, image: "db:1", restartPolicy: Always}
                      containers:
                        - name: task
                          resources:
                            requests:
                              cpu: "2"
                              memory: 4Gi
                          env:
                            - name: S
                              valueFrom:
                                secretKeyRef:
                                  name: n
                                  key: k
                """, """
                backend:
                  kubernetes:
                    coding_cli_sidecars:
                      claude: "registry.example/wrapper:v1"
                    use_image_volumes: true
                    unschedulable_timeout: 0s
                """, """
                worker_id: w
                cleanup: true
                max_concurrent_tasks: 4
                idle_on_complete: "5m"
                backend:
                  kubernetes:
                    namespace: agents
                    image_pull_policy: IfNotPresent
                    preflight_image: busybox:1.36
                    active_deadline_seconds: 28800
                    ttl_seconds_after_finished: 1.2096e+06
                    extra_labels: {}
                    extra_annotations: {}
                    preflight_resources:
                      requests: {cpu: 10m, memory: 16Mi}
                """);
    }

    @ParameterizedTest
    @MethodSource("filesOfTheDaemon")
    void takesTheDaemonsFiles(String yaml) {
        var settings = Settings.parse(yaml).with(Flags.none());

        assertThat(settings.backend()).isPresent();
        assertThat(Settings.parse(settings.toYaml())).isEqualTo(settings);
    }

    @Test
    void readsLargeNumbersAsTemplatesWriteThem() {
        var settings = Settings.parse("backend: {kubernetes: {ttl_seconds_after_finished: 1.2096e+06}}");

        assertThat(((Kubernetes) settings.backend().orElseThrow()).ttlSecondsAfterFinished())
                .isEqualTo(1_209_600);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-5", "0"})
    void readsNoLimitFromZeroAndNegativeNumbers(String number) {
        assertThat(Settings.parse("max_concurrent_tasks: " + number).maxConcurrentTasks())
                .isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "wroker_id: x | line 1: wroker_id: unknown key (known here: backend, cleanup, idle_on_complete, max_concurrent_tasks, slipway, worker_id)",
                "backend: {direct: {ozpath: x}} | line 1: backend.direct.ozpath: unknown key (known here: environment, oz_path, setup_command, target_dir, teardown_command, workspace_root)",
                "slipway: {queue: 1} | line 1: slipway.queue: unknown key (known here: default_timeout, direct, docker, kubernetes, limits, lost_after, on_shutdown, queue_limit, queue_timeout, retry, stall_after)",
                "slipway: {default_timeout: 5} | line 1: slipway.default_timeout: must be a span of time, for example 30s or 1h30m",
                "slipway: {lost_after: 59s} | line 1: slipway.lost_after: must be 1m or more, or 0 for never",
                "slipway: {on_shutdown: kill} | line 1: slipway.on_shutdown: must be leave (running tasks go on) or stop (they are ended)",
                "slipway: {retry: {attempts: 0}} | line 1: slipway.retry.attempts: must be 1 (nothing is tried again) to 100",
                "slipway: {retry: {delay: 0s}} | line 1: slipway.retry.delay: must be more than 0",
                "slipway: {retry: {delay: 10s, max_delay: 5s}} | line 1: slipway.retry.max_delay: must not be shorter than delay",
                "slipway: {retry: {backoff: 5s}} | line 1: slipway.retry.backoff: unknown key (known here: attempts, delay, max_delay)",
                "cleanup: perhaps | line 1: cleanup: must be true or false",
                "cleanup: 'true' | line 1: cleanup: must be true or false",
                "max_concurrent_tasks: many | line 1: max_concurrent_tasks: must be a whole number",
                "max_concurrent_tasks: 99999999999 | line 1: max_concurrent_tasks: must be a whole number",
                "slipway: {queue_limit: -1} | line 1: slipway.queue_limit: must be 0 or more",
                "worker_id: [a] | line 1: worker_id: must be a single value",
                "backend: direct | line 1: backend: must be a mapping (key: value)",
                "just text | line 1: must be a mapping (key: value)",
                "backend: {direct: {environment: {A: b}}} | line 1: backend.direct.environment: must be a list",
                "backend: {direct: {environment: [A=b]}} | line 1: backend.direct.environment[0]: must be a mapping (key: value)",
                "backend: {direct: {environment: [{value: b}]}} | line 1: backend.direct.environment[0].name: every entry needs the variable's name",
                "backend: {direct: {environment: [{name: 'A B'}]}} | line 1: backend.direct.environment[0].name: the variable's name \"A B\" holds a space or tab",
                "backend: {command: {}} | line 1: backend.command: the command backend does not exist in Slipway: use direct",
                "slipway: {direct: {setup_timeout: 5}} | line 1: slipway.direct.setup_timeout: must be a span of time, for example 30s or 1h30m",
                "slipway: {direct: {setup: 5m}} | line 1: slipway.direct.setup: unknown key (known here: expose_api_key, setup_timeout)",
                "slipway: {docker: {pull_policy: often}} | line 1: slipway.docker.pull_policy: must be always, missing or never",
                "slipway: {docker: {drop_capabilities: [net-raw]}} | line 1: slipway.docker.drop_capabilities: must be names such as NET_RAW, or ALL",
                "slipway: {docker: {log_megabytes: 1}} | line 1: slipway.docker.log_megabytes: must be 5 or more",
                "slipway: {docker: {privileged: true}} | line 1: slipway.docker.privileged: unknown key (known here: allowed_images, allowed_mounts, drop_capabilities, init, keep_sidecars, log_megabytes, network, no_new_privileges, pids_limit, pull_policy, pull_stall_timeout)",
                "slipway: {direct: {expose_api_key: 1}} | line 1: slipway.direct.expose_api_key: must be true or false",
                "backend: {docker: {volumes: /a:/b}} | line 1: backend.docker.volumes: must be a list",
                "backend: {docker: {volumes: [{a: b}]}} | line 1: backend.docker.volumes[0]: must be a single value",
                "backend: {docker: {image: x}} | line 1: backend.docker.image: unknown key (known here: environment, volumes)",
                "backend: {kubernetes: {default_image: 'a b'}} | line 1: backend.kubernetes.default_image: an image's name holds no space or tab",
                "backend: {kubernetes: {preflight_image: \"a\\tb\"}} | line 1: backend.kubernetes.preflight_image: an image's name holds no space or tab",
                "backend: {kubernetes: {sidecar_image: 'a b'}} | line 1: backend.kubernetes.sidecar_image: an image's name holds no space or tab",
                "backend: {kubernetes: {coding_cli_sidecars: {claude: 'a b'}}} | line 1: backend.kubernetes.coding_cli_sidecars.claude: an image's name holds no space or tab",
                "backend: {kubernetes: {coding_cli_sidecars: {claude: }}} | line 1: backend.kubernetes.coding_cli_sidecars.claude: names no image",
                "backend: {kubernetes: {image_pull_policy: always}} | line 1: backend.kubernetes.image_pull_policy: must be Always, Never or IfNotPresent",
                "backend: {kubernetes: {workspace_size_limit: 10GB}} | line 1: backend.kubernetes.workspace_size_limit: must be a Kubernetes quantity, for example 10Gi",
                "backend: {kubernetes: {unschedulable_timeout: 30}} | line 1: backend.kubernetes.unschedulable_timeout: must be a span of time, for example 30s or 1h30m",
                "backend: {kubernetes: {active_deadline_seconds: 1h}} | line 1: backend.kubernetes.active_deadline_seconds: must be a whole number",
                "backend: {kubernetes: {use_image_volumes: maybe}} | line 1: backend.kubernetes.use_image_volumes: must be true or false",
                "backend: {kubernetes: {extra_labels: [a]}} | line 1: backend.kubernetes.extra_labels: must be a mapping (key: value)",
                "backend: {kubernetes: {pod_template: text}} | line 1: backend.kubernetes.pod_template: must be a mapping (key: value)",
                "backend: {kubernetes: {pod_template: {a: 1, a: 2}}} | line 1: backend.kubernetes.pod_template.a: given twice: remove one",
                "backend: {kubernetes: {ttl_seconds_after_finished: '60'}} | line 1: backend.kubernetes.ttl_seconds_after_finished: must be a whole number",
                "backend: {kubernetes: {ttl_seconds_after_finished: 1.5}} | line 1: backend.kubernetes.ttl_seconds_after_finished: must be a whole number",
                "backend: {kubernetes: {preflight_resources: [a]}} | line 1: backend.kubernetes.preflight_resources: must be a mapping (key: value)",
                "backend: {kubernetes: {kubeconfig: [a]}} | line 1: backend.kubernetes.kubeconfig: must be a single value",
                "backend: {kubernetes: yes} | line 1: backend.kubernetes: must be a mapping (key: value)",
                "backend: {direct: {environment: [{name: \"A\\tB\"}]}} | line 1: backend.direct.environment[0].name: the variable's name \"A\tB\" holds a space or tab",
                "backend: {kubernetes: {environment: []}} | line 1: backend.kubernetes.environment: unknown key (known here: active_deadline_seconds, coding_cli_sidecars, default_image, extra_annotations, extra_labels, image_pull_policy, kubeconfig, namespace, pod_template, preflight_image, preflight_resources, setup_command, sidecar_image, teardown_command, ttl_seconds_after_finished, unschedulable_timeout, use_image_volumes, workspace_size_limit)",
                "slipway: {limits: {podman: 2}} | line 1: slipway.limits.podman: unknown key (known here: direct, docker, kubernetes)",
                "'' | the file is empty: remove it or configure something",
                "'# only a comment' | the file is empty: remove it or configure something",
                "'~' | the file is empty: remove it or configure something",
            })
    void refusesInWords(String yaml, String error) {
        assertThat(errorsOf(yaml)).containsExactly(error);
    }

    @Test
    void refusesMoreThanOneBackend() {
        assertThat(errorsOf("backend: {direct: {}, docker: {}}"))
                .contains("line 1: backend: at most one backend may be configured");
    }

    @Test
    void reportsEverythingAtOnceInTheOrderOfTheFile() {
        assertThat(errorsOf("""
                worker_id: a
                worker_id: b
                cleanup: 3
                backend:
                  direct:
                    environment:
                      - name: OK
                        vlaue: x
                colour: red
                """))
                .containsExactly(
                        "line 2: worker_id: given twice (first in line 1): remove one",
                        "line 3: cleanup: must be true or false",
                        "line 8: backend.direct.environment[0].vlaue: unknown key (known here: name, value)",
                        "line 9: colour: unknown key"
                                + " (known here: backend, cleanup, idle_on_complete, max_concurrent_tasks, slipway, worker_id)");
    }

    @Test
    void namesTheLineOfWhatIsNotYamlAndNeverItsContent() {
        var errors = errorsOf("worker_id: a\nbackend:\n  direct: {environment: [{name: T, value: \"canary}]}\n");

        assertThat(errors).singleElement().asString().startsWith("line ").contains("not valid YAML");
        assertThat(errors.toString()).doesNotContain("canary");
    }

    @Test
    void refusesNestingThatWouldOverflowTheStack() {
        assertThat(errorsOf("worker_id: " + "[".repeat(100_000)))
                .singleElement()
                .asString()
                .contains("nested too deeply");
    }

    @Test
    void namesTheFileInEveryError() throws IOException {
        var file = Files.writeString(dir.resolve("s.yaml"), "a: 1\nb: 2\n");

        assertThat(String.valueOf(invalid(() -> Settings.load(file)).getMessage())
                        .lines())
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).startsWith(file + ": line "));
    }

    @Test
    void saysWhyAFileCannotBeRead() throws IOException {
        var latin1 =
                Files.write(dir.resolve("latin1.yaml"), "worker_id: h\u00f6st".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(invalid(() -> Settings.load(dir.resolve("none.yaml")))).hasMessageContaining("no such file");
        assertThat(invalid(() -> Settings.load(latin1))).hasMessageContaining("not UTF-8");
    }

    @Test
    void keepsValuesOutOfItsTextForm() {
        var settings = Settings.parse("backend: {direct: {environment: [{name: T, value: canary}]}}");

        assertThat(settings.toString()).contains("T").doesNotContain("canary");
    }

    private static List<String> errorsOf(String yaml) {
        return invalid(() -> Settings.parse(yaml)).errors().stream()
                .map(SettingsError::toString)
                .toList();
    }

    private static InvalidSettings invalid(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return catchThrowableOfType(InvalidSettings.class, call);
    }
}
