package dev.slipway.executor.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvidenceStoreTest {
    private static final Evidence.Meta META = new Evidence.Meta(
            "executor-1", "ledger-1", "e1", 1, "the agent", "mark", "boot", Optional.empty(), Optional.empty());

    @TempDir
    Path root;

    @Test
    void evidenceThatCouldNotBeWrittenLeavesNothingBehind() {
        EvidenceStore store = new EvidenceStore(root, "executor-1");
        Thread.currentThread().interrupt(); // which fails the first write, as a full disk would

        assertThatThrownBy(() -> store.create(META)).isInstanceOf(IOException.class);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(root).isEmptyDirectory();
    }

    @Test
    void whoComesSecondIsGivenTheEvidenceThatStands() throws Exception {
        EvidenceStore store = new EvidenceStore(root, "executor-1");
        Evidence first = store.create(META);

        Evidence second = store.create(new Evidence.Meta(
                "executor-1", "ledger-1", "e1", 1, "the agent", "other", "boot", Optional.empty(), Optional.empty()));

        assertThat(second.meta()).isEqualTo(first.meta());
        assertThat(root).isDirectoryNotContaining("glob:**+*");
    }
}
