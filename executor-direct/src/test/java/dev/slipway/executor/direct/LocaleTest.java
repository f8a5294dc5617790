package dev.slipway.executor.direct;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is not ASCII works or is refused in words, in whatever locale the executor is started. */
class LocaleTest {
    private static final String REMEDY = "start the executor with LC_ALL=C.UTF-8";

    @TempDir
    Path directory;

    @Test
    void worksWhereTheLocaleHasIt() throws Exception {
        Map<String, String> told = probe("C.UTF-8");

        assertThat(told)
                .containsEntry("plain", "setup,agent,teardown")
                .containsEntry("setup", "größe,agent,teardown")
                .containsEntry("teardown", "setup,agent,größe")
                .containsEntry("task id", "setup,agent,größe")
                .containsEntry("argument", "setup,größe,teardown")
                .containsEntry("worker", "grüß dich,grüß dich")
                .containsEntry("settings", "/größe")
                .doesNotContainKey("worker remark");
    }

    @ParameterizedTest
    @ValueSource(strings = {"C", "POSIX"})
    void isRefusedInWordsWhereTheLocaleHasItNot(String locale) throws Exception {
        Map<String, String> told = probe(locale);

        assertThat(told).containsEntry("plain", "setup,agent,teardown");
        assertThat(told.get("setup")).contains("refused: backend.direct.setup_command", REMEDY);
        assertThat(told.get("teardown")).contains("refused: backend.direct.teardown_command", REMEDY);
        assertThat(told.get("task id")).contains("refused: the task's id", REMEDY);
        assertThat(told.get("argument")).contains("refused: an argument", REMEDY);
        assertThat(told.get("settings")).contains("workspace_root", "LC_ALL=C.UTF-8");
        assertThat(told).containsEntry("worker", "none,none");
        assertThat(told.get("worker remark")).contains("GREETING", REMEDY);
    }

    private Map<String, String> probe(String locale) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                "sh",
                "-c", // whose printf makes bytes that this test's own locale may not have
                "GREETING=$(printf 'gr\\303\\274\\303\\237 dich'); export GREETING; exec \"$@\"",
                "sh",
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                LocaleProbe.class.getName(),
                directory.toString());
        builder.environment().keySet().removeIf(name -> name.equals("LANG") || name.startsWith("LC_"));
        builder.environment().put("LC_ALL", locale);
        Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said.lines()
                .filter(line -> line.contains(": "))
                .map(line -> line.split(": ", 2))
                .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1], (first, _) -> first));
    }
}
