package dev.slipway.executor.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.executor.testkit.SmallDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
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

    @Test
    void anAttemptIsRecordedWhileAnotherOneIsForgotten() throws Exception {
        try (SmallDisk fast = SmallDisk.mount(root)) {
            EvidenceStore store = new EvidenceStore(fast.directory(), "executor-1");
            CompletableFuture<@Nullable Void> others = CompletableFuture.runAsync(() -> comeAndGo(store, 1));
            comeAndGo(store, 2);
            others.join();

            assertThat(root).isEmptyDirectory();
        }
    }

    /** Fast enough on a disk that is none to meet the moment in which the other attempt's directory goes. */
    private static void comeAndGo(EvidenceStore store, int attempt) {
        for (int i = 0; i < 500; i++) {
            try {
                store.delete(store.create(meta("mark", attempt), "boot"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static Evidence.Meta meta(String mark) {
        return meta(mark, 1);
    }

    private static Evidence.Meta meta(String mark, int attempt) {
        return new Evidence.Meta(
                "executor-1",
                "ledger-1",
                "e1",
                attempt,
                "the agent",
                mark,
                Optional.of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                Optional.of(new Site("t", Path.of("/with space/ü"), Optional.of(Path.of("/git config")), true)),
                true,
                Optional.of("teardown"));
    }
}
