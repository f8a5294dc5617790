package dev.slipway.executor.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvidenceStoreTest {
    private static final Evidence.Meta META = meta("mark");

    @TempDir
    Path root;

    @Test
    void evidenceThatCouldNotBeWrittenLeavesNothingBehind() {
        EvidenceStore store = new EvidenceStore(root, "executor-1");
        Thread.currentThread().interrupt(); // which fails the first write, as a full disk would

        assertThatThrownBy(() -> store.create(META, "boot")).isInstanceOf(IOException.class);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(root).isEmptyDirectory();
    }

    @Test
    void whoComesSecondIsGivenTheEvidenceThatStands() throws Exception {
        EvidenceStore store = new EvidenceStore(root, "executor-1");
        Evidence first = store.create(META, "boot");

        Evidence second = store.create(meta("other"), "boot");

        assertThat(second.meta()).isEqualTo(first.meta());
        assertThat(root).isDirectoryNotContaining("glob:**+*");
    }

    @Test
    void evidenceIsReadAsItWasWritten() throws Exception {
        EvidenceStore store = new EvidenceStore(root, "executor-1");

        Evidence evidence = store.create(META, "boot");

        assertThat(evidence.meta()).isEqualTo(META);
        assertThat(store.all()).singleElement().extracting(Evidence::meta).isEqualTo(META);
    }

    private static Evidence.Meta meta(String mark) {
        return new Evidence.Meta(
                "executor-1",
                "ledger-1",
                "e1",
                1,
                "the agent",
                mark,
                Optional.of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                Optional.of(new Site("t", Path.of("/with space/ü"), Optional.of(Path.of("/git config")), true)),
                true,
                Optional.of("teardown"));
    }
}
