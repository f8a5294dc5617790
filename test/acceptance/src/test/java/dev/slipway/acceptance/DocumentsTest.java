package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.Cause;
import dev.slipway.protocol.FailureReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Pages that would otherwise drift from what they tell of. */
class DocumentsTest {
    private static final Path FAILURES = Path.of("../../docs/failures.md");

    @ParameterizedTest
    @EnumSource
    void everyReasonForAFailureIsExplained(FailureReason reason) {
        assertThat(FAILURES).content().contains("`" + reason.wireName() + "`");
    }

    @Test
    void thePageOfFailuresHasTheTableOfTheirCauses() throws IOException {
        List<String> rows = Files.readAllLines(FAILURES).stream()
                .dropWhile(line -> !line.startsWith("| what happened | `failure_reason` |"))
                .skip(2)
                .takeWhile(line -> line.startsWith("|"))
                .toList();

        assertThat(rows)
                .containsExactlyElementsOf(Arrays.stream(Cause.values())
                        .map(cause -> "| %s | `%s` | %s | %s |"
                                .formatted(
                                        cause.when(),
                                        cause.reason().wireName(),
                                        cause.remedy(),
                                        cause.isTransient() ? "yes" : ""))
                        .toList());
    }
}
