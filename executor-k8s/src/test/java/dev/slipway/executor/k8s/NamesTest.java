package dev.slipway.executor.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.ExecutionKey;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamesTest {
    @ParameterizedTest
    @CsvSource({
        "Task_1, 0f8fad5b-d9cb-469f-a165-70867728950e, 1, oz-task-task-1-exec-7728950e",
        "Task_1, 0f8fad5b-d9cb-469f-a165-70867728950e, 3, oz-task-task-1-exec-7728950e-a3",
        "'--', '!!', 1, oz-task-run-exec-exec",
        "ü, '12345678-', 1, oz-task-run-exec-12345678",
        "t, 'a-------b', 1, oz-task-t-exec-b",
    })
    void areOfTheTaskAndTheEndOfTheExecution(String task, String execution, int attempt, String name) {
        assertThat(Names.ofJob(task, new ExecutionKey(execution, attempt)).getFirst())
                .isEqualTo(name);
    }

    @Property(tries = 300)
    void areNamesAndLabelsWhateverTheIdsAre(
            @ForAll @StringLength(max = 600) String task,
            @ForAll @StringLength(min = 1, max = 512) String execution,
            @ForAll @IntRange(min = 1) int attempt) {
        for (String name : Names.ofJob(task, new ExecutionKey(execution, attempt))) {
            assertThat(name).hasSizeLessThanOrEqualTo(63).matches("[a-z0-9]([a-z0-9-]*[a-z0-9])?");
        }
        assertThat(Names.label(task)).hasSizeLessThanOrEqualTo(63).matches("[a-z0-9]([a-z0-9._-]*[a-z0-9])?");
    }

    @Property(tries = 300)
    void twoExecutionsNeverHaveTheSameSecondName(
            @ForAll @StringLength(min = 1, max = 40) String one,
            @ForAll @StringLength(min = 1, max = 40) String other) {
        String first = Names.ofJob("task", new ExecutionKey(one, 1)).getLast();
        String second = Names.ofJob("task", new ExecutionKey(other, 1)).getLast();

        assertThat(first.equals(second)).isEqualTo(one.equals(other));
    }

    @Test
    void twoAttemptsNeverHaveTheSameName() {
        assertThat(Names.ofJob("task", new ExecutionKey("execution", 1)))
                .doesNotContainAnyElementsOf(Names.ofJob("task", new ExecutionKey("execution", 2)));
    }

    @Test
    void hashesAreTheFirstEightBytesInHex() {
        assertThat(Names.hash("")).isEqualTo("e3b0c44298fc1c14");
    }
}
