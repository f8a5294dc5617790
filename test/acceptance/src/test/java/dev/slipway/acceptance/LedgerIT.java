package dev.slipway.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A ledger that cannot be read is nothing to go on without. */
class LedgerIT extends InstalledTest {
    @Test
    void aDamagedOneIsRefusedAndLeftAsItIsUntilItIsMovedAway() throws Exception {
        slipway.configure();
        slipway.up();
        String task = slipway.run("run", "--detach", "--", "true").out().strip();
        slipway.awaitState(task, "succeeded");
        assertThat(slipway.run("down").exitCode()).isZero();
        Path ledger = slipway.state().resolve("ledger.db");
        byte[] damaged = Files.readAllBytes(ledger);
        new Random(1).nextBytes(damaged);
        Files.write(ledger, damaged);

        Slipway.Result up = slipway.run(slipway.upConfigured());

        assertThat(up.exitCode()).isEqualTo(1);
        assertThat(up.err())
                .contains("The ledger " + ledger + " cannot be opened: it is not a database")
                .contains("restore it from a backup");
        assertThat(ledger).hasBinaryContent(damaged);

        Files.move(ledger, directory.resolve("damaged.db"));
        slipway.up();
        assertThat(slipway.run("run", "--", "echo", "begun anew").out()).isEqualTo("begun anew\n");
    }
}
