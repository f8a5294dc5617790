package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.FailureReason;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Pages that would otherwise drift from what they tell of. */
class DocumentsTest {
    @ParameterizedTest
    @EnumSource
    void everyReasonForAFailureIsExplained(FailureReason reason) {
        assertThat(Path.of("../../docs/failures.md")).content().contains("`" + reason.wireName() + "`");
    }
}
