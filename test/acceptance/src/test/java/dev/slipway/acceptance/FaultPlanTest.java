package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.BackendKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultPlanTest {
    @TempDir
    Path directory;

    @Test
    void isTheSameForTheSameSeedAndAnotherForAnother() {
        assertThat(FaultPlan.of(BackendKind.DIRECT, 7, 50, 20)).isEqualTo(FaultPlan.of(BackendKind.DIRECT, 7, 50, 20));
        assertThat(FaultPlan.of(BackendKind.DIRECT, 7, 50, 20).rounds())
                .isNotEqualTo(FaultPlan.of(BackendKind.DIRECT, 8, 50, 20).rounds());
    }

    @Test
    void hasSoManyTasksAndFaultsThreeAtATime() {
        FaultPlan plan = FaultPlan.of(BackendKind.DIRECT, 7, 100, 27);
        assertThat(plan.tasks()).hasSize(100).extracting(FaultPlan.Task::id).doesNotHaveDuplicates();
        assertThat(plan.rounds()).hasSize(9).allMatch(round -> round.strikes().size() == 3);
        assertThat(plan.rounds())
                .allMatch(round -> round.strikes().stream()
                                .map(FaultPlan.Strike::fault)
                                .distinct()
                                .count()
                        == 3);
        assertThat(faults(FaultPlan.of(BackendKind.DIRECT, 7, 100, 5))).hasSize(5);
    }

    @Test
    void hasEveryKindOfFaultOfItsBackendInItsFirstRounds() {
        Set<Class<?>> ofHosts = kinds(FaultPlan.of(BackendKind.DIRECT, 7, 100, 27));
        Set<Class<?>> ofEngines = kinds(FaultPlan.of(BackendKind.DOCKER, 7, 100, 33));
        Set<Class<?>> both = new HashSet<>(ofHosts);
        both.addAll(ofEngines);
        assertThat(both).containsExactlyInAnyOrderElementsOf(kinds(FaultPlan.Fault.class));
        Set<Class<?>> common = new HashSet<>(ofHosts);
        common.retainAll(ofEngines);
        assertThat(common)
                .containsExactlyInAnyOrderElementsOf(kinds(FaultPlan.Fault.class).stream()
                        .filter(kind -> !FaultPlan.Fault.OfBackend.class.isAssignableFrom(kind))
                        .toList());
    }

    private static Set<Class<?>> kinds(FaultPlan plan) {
        return faults(plan).stream().map(Object::getClass).collect(Collectors.toSet());
    }

    private static Set<Class<?>> kinds(Class<?> type) {
        Class<?>[] permitted = type.getPermittedSubclasses();
        return permitted == null
                ? Set.of(type)
                : Arrays.stream(permitted).flatMap(kind -> kinds(kind).stream()).collect(Collectors.toSet());
    }

    /** Nothing can be said about a task that fails because its three attempts all met the same full disk. */
    @Test
    void noDiskIsFullForAsLongAsAStartIsTriedAgain() {
        double shortestRetry = (5_000 + 10_000) * 0.75;
        assertThat(faults(FaultPlan.of(BackendKind.DIRECT, 7, 0, 2_000)))
                .filteredOn(FaultPlan.Fault.FullDisk.class::isInstance)
                .isNotEmpty()
                .allMatch(fault -> ((FaultPlan.Fault.FullDisk) fault).length() < shortestRetry);
    }

    private static List<FaultPlan.Fault> faults(FaultPlan plan) {
        return plan.rounds().stream()
                .flatMap(round -> round.strikes().stream())
                .map(FaultPlan.Strike::fault)
                .toList();
    }

    @Test
    void itsAgentWritesWhatItIsExpectedToWrite() throws Exception {
        FaultPlan.Task task = FaultPlan.of(BackendKind.DIRECT, 7, 100, 10).tasks().stream()
                .filter(one -> one.lines() > 0 && one.exitCode() > 0 && !one.leavesChild())
                .findFirst()
                .orElseThrow();
        Path journal = directory.resolve("journal");
        Path agent = Files.writeString(directory.resolve("agent"), FaultPlan.agent(journal.toString()));
        List<String> command = new ArrayList<>(List.of("sh", agent.toString()));
        command.addAll(FaultPlan.arguments(task));
        Process process = new ProcessBuilder(command).start();

        assertThat(process.inputReader().readAllAsString()).isEqualTo(task.output());
        assertThat(process.waitFor()).isEqualTo(task.exitCode());
        List<String> told = new ArrayList<>(List.of("start " + task.execution() + " " + process.pid()));
        for (int tenth = 1; tenth <= 10; tenth++) {
            told.add("until " + task.execution() + " " + task.lines() / 10 * tenth);
        }
        told.add("end " + task.execution() + " " + task.exitCode());
        assertThat(Files.readAllLines(journal)).containsExactlyElementsOf(told);
    }

    @Test
    void findsTheLastLineOfATaskThatARecordContains() {
        FaultPlan.Task task = FaultPlan.of(BackendKind.DIRECT, 7, 100, 10).tasks().stream()
                .filter(one -> one.lines() > 3)
                .findFirst()
                .orElseThrow();
        String[] lines = task.output().split("\n", -1);
        assertThat(FaultPlan.outputUpTo(task.execution(), "head")).isZero();
        assertThat(FaultPlan.outputUpTo(
                        task.execution(),
                        "%s tail, head %s tail, head %s".formatted(lines[0], lines[2], lines[3].substring(0, 60))))
                .isEqualTo(3 * FaultPlan.LINE);
        assertThat(FaultPlan.outputUpTo("run-none", lines[0])).isZero();
    }
}
