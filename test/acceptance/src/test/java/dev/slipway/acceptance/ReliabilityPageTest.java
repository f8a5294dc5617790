package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.BackendKind;
import org.junit.jupiter.api.Test;

class ReliabilityPageTest {
    @Test
    void writesOnePartAndLeavesTheOther() {
        String first = ReliabilityPage.page("", BackendKind.DOCKER, "containers 1\n");
        String both = ReliabilityPage.page(first, BackendKind.DIRECT, "processes 1\n\n### Recovery\n");
        String again = ReliabilityPage.page(both, BackendKind.DOCKER, "containers 2\n");

        assertThat(again)
                .contains(
                        "## The direct backend\n\nprocesses 1\n\n### Recovery\n\n## The docker backend\n\ncontainers 2\n")
                .doesNotContain("containers 1");
        assertThat(ReliabilityPage.page(again, BackendKind.DOCKER, "containers 2\n"))
                .isEqualTo(again);
    }
}
