package dev.slipway.executor.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The shells of a Pod's image may be any: those of this host are tried. */
class ScriptsTest {
    @TempDir
    Path workspace;

    @ParameterizedTest
    @ValueSource(strings = {"dash", "bash --posix", "bash", "busybox sh"})
    void theWrapperPassesTheSignalOnTearsDownOnceAndEndsAsTheAgentDid(String shell) throws Exception {
        if (!isHere(shell.split(" ", -1)[0])) {
            return;
        }
        Process polite = start(shell, "echo torn down", "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done");
        awaitReady(polite);
        polite.toHandle().destroy();

        assertThat(polite.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(polite.exitValue()).isEqualTo(5);
        assertThat(rest(polite)).isEqualTo("torn down\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"dash", "bash --posix", "bash", "busybox sh"})
    void theWrapperEndsWithTheAgentsCodeWhateverItIs(String shell) throws Exception {
        if (!isHere(shell.split(" ", -1)[0])) {
            return;
        }
        for (int code : List.of(0, 1, 127, 143)) {
            Process agent = start(shell, "exit 9", "exit " + code);

            assertThat(agent.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(agent.exitValue()).isEqualTo(code);
            Files.delete(workspace.resolve(".slipway-teardown"));
        }
    }

    private Process start(String shell, String teardown, String agent) throws IOException {
        List<String> words = new ArrayList<>(List.of(shell.split(" ", -1)));
        List<String> script = Scripts.command(teardown);
        words.addAll(script.subList(1, script.size()));
        words.addAll(List.of("sh", "-c", agent));
        ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
        builder.environment().put("OZ_WORKSPACE_ROOT", workspace.toString());
        builder.environment()
                .put("OZ_ENVIRONMENT_FILE", workspace.resolve("none").toString());
        return builder.start();
    }

    private static void awaitReady(Process process) throws IOException {
        StringBuilder words = new StringBuilder();
        while (words.indexOf("ready\n") < 0) {
            int next = process.getInputStream().read();
            assertThat(next).isNotNegative();
            words.append((char) next);
        }
    }

    private static String rest(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static boolean isHere(String program) {
        for (String directory : System.getenv("PATH").split(":", -1)) {
            if (Files.isExecutable(Path.of(directory, program))) {
                return true;
            }
        }
        return false;
    }
}
