package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.acceptance.Verdict.Kind;
import dev.slipway.protocol.BackendKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Long histories of faults on one backend, and for the direct one the time that it takes to recover from the worst of them:
 * writes that backend's part of {@code docs/reliability.md}. No part of the build; run it as that page says. Interrupted, it
 * goes on where it was with {@code -Dslipway.faults.continue=true}.
 */
class Reliability {
    private static final BackendKind BACKEND =
            BackendKind.ofWireName(System.getProperty("slipway.faults.backend", "direct"));
    private static final int TASKS = Integer.getInteger("slipway.faults.tasks", 1_000);
    private static final int FAULTS = Integer.getInteger("slipway.faults.count", 200);
    private static final int RUNNING = 50;

    @TempDir
    Path directory;

    /** What the page says of one. */
    record History(long seed, long minutes, Map<Kind, Long> violations, Map<String, Integer> counts, String report) {
        static History of(Verdict verdict, Duration length) {
            return new History(
                    verdict.plan().seed(),
                    length.toMinutes(),
                    verdict.violations().stream()
                            .collect(Collectors.groupingBy(Verdict.Violation::kind, Collectors.counting())),
                    verdict.counts(),
                    verdict.report());
        }
    }

    @Test
    void measure() throws Exception {
        Optional<Recovery> recovery = BACKEND == BackendKind.DIRECT
                ? Optional.of(FaultHarness.recovery(RUNNING, Files.createDirectory(directory.resolve("recovery"))))
                : Optional.empty();
        List<History> histories = new ArrayList<>();
        for (long seed : seeds()) {
            History history = history(seed);
            histories.add(history);
            System.out.println(history.report());
            ReliabilityPage.write(BACKEND, part(recovery, histories));
        }

        recovery.map(Recovery::verdict)
                .ifPresent(verdict ->
                        assertThat(verdict.isGood()).as(verdict.report()).isTrue());
        assertThat(histories)
                .allSatisfy(history ->
                        assertThat(history.violations()).as(history.report()).isEmpty());
    }

    private History history(long seed) throws Exception {
        Path record = Files.createDirectories(Path.of("target", "reliability"))
                .resolve("%s-%d-%d-%d.json".formatted(BACKEND.wireName(), seed, TASKS, FAULTS));
        if (Boolean.getBoolean("slipway.faults.continue") && Files.exists(record)) {
            return Slipway.JSON.readValue(record.toFile(), History.class);
        }
        Instant begun = Instant.now();
        Path place = Files.createDirectory(directory.resolve("seed-" + seed));
        Verdict verdict = FaultHarness.judge(FaultPlan.of(BACKEND, seed, TASKS, FAULTS), place);
        History history = History.of(verdict, Duration.between(begun, Instant.now()));
        Slipway.JSON.writeValue(record.toFile(), history);
        return history;
    }

    private static List<Long> seeds() {
        return Arrays.stream(
                        System.getProperty("slipway.faults.seeds", "1,2,3,4,5").split(","))
                .map(Long::valueOf)
                .toList();
    }

    private static String part(Optional<Recovery> recovery, List<History> histories) throws IOException {
        return """
                ```sh
                ./mvnw verify -pl test/acceptance -am -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=Reliability -Dslipway.faults.backend=%s -Dslipway.faults.seeds=%s -Dslipway.faults.tasks=%d -Dslipway.faults.count=%d
                ```

                Machine: %s. Date: %s.

                Every history has %d tasks and %d faults by its seed, three at a time. %s

                | seed | minutes | without result | never started | started twice | told wrongly | output wrong | left behind |
                |---|---|---|---|---|---|---|---|
                %s
                What happened, in all histories together:

                | | |
                |---|---|
                %s%s%s""".formatted(
                BACKEND.wireName(),
                histories.stream().map(history -> Long.toString(history.seed())).collect(Collectors.joining(",")),
                TASKS,
                FAULTS,
                Benchmarks.machine(),
                LocalDate.now(ZoneOffset.UTC),
                TASKS,
                FAULTS,
                ReliabilityPage.faults(BACKEND),
                histories.stream().map(Reliability::row).collect(Collectors.joining()),
                counts(histories),
                violations(recovery, histories),
                recovery.map(Reliability::recovered).orElse(""));
    }

    private static String recovered(Recovery recovery) {
        return """

                ### Recovery

                From a SIGKILL of all services until %d tasks that run all the while are observed again; beside it the same without a task, which is the time that the services take to start. %d times each, median (all). Every task ended with its true exit code, and no byte of its output is missing or doubled: %s.

                | | s |
                |---|---|
                | no task | %s |
                | %d tasks running | %s |
                """.formatted(
                        RUNNING,
                        Recovery.ROUNDS,
                        recovery.verdict().isGood() ? "yes" : "NO",
                        seconds(recovery.bare()),
                        RUNNING,
                        seconds(recovery.running()));
    }

    private static String row(History history) {
        return "| %d | %d | %s |%n"
                .formatted(
                        history.seed(),
                        history.minutes(),
                        Arrays.stream(Kind.values())
                                .map(kind -> Long.toString(history.violations().getOrDefault(kind, 0L)))
                                .collect(Collectors.joining(" | ")));
    }

    private static String counts(List<History> histories) {
        Map<String, Integer> counts = new TreeMap<>();
        histories.forEach(
                history -> history.counts().forEach((what, count) -> counts.merge(what, count, Integer::sum)));
        return counts.entrySet().stream()
                .map(count -> "| %s | %d |%n".formatted(count.getKey(), count.getValue()))
                .collect(Collectors.joining());
    }

    private static String violations(Optional<Recovery> recovery, List<History> histories) {
        return Stream.concat(
                        recovery.stream()
                                .map(Recovery::verdict)
                                .filter(verdict -> !verdict.isGood())
                                .map(Verdict::report),
                        histories.stream()
                                .filter(history -> !history.violations().isEmpty())
                                .map(History::report))
                .map(report -> "\n```\n" + report + "```\n")
                .collect(Collectors.joining());
    }

    private static String seconds(List<Double> all) {
        List<Double> sorted = new ArrayList<>(all);
        Collections.sort(sorted);
        return "%.1f (%s)"
                .formatted(
                        sorted.get(sorted.size() / 2),
                        all.stream()
                                .map(one -> String.format(Locale.ROOT, "%.1f", one))
                                .collect(Collectors.joining(", ")));
    }
}
