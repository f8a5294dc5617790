package dev.slipway.dispatcher.loop;

import dev.slipway.dispatcher.Databases;
import dev.slipway.dispatcher.core.Event;
import dev.slipway.dispatcher.core.Limits;
import dev.slipway.dispatcher.core.Reply;
import dev.slipway.dispatcher.core.Source;
import dev.slipway.dispatcher.core.TestLimits;
import dev.slipway.dispatcher.ledger.Details;
import dev.slipway.dispatcher.ledger.Ledger;
import dev.slipway.protocol.Bytes;
import io.agroal.api.AgroalDataSource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A process that takes in submissions of many callers at once, and prints the id of each that was answered, a line each, until it
 * is killed. Arguments: the ledger's file, and how the ids begin.
 */
final class LedgerProcess {
    /** As many of them wait for one commit. */
    private static final int CALLERS = 8;

    private static final Bytes PAYLOAD = Bytes.of("{}".getBytes(StandardCharsets.UTF_8));

    private LedgerProcess() {}

    public static void main(String[] arguments) throws SQLException, InterruptedException {
        AgroalDataSource database = Databases.existing(Path.of(arguments[0]));
        Loop loop = new Loop(
                Ledger.open(database, database),
                TestLimits.of(0, Limits.MAX_WAITING, Long.MAX_VALUE),
                InstantSource.system(),
                List.of());
        Thread caller = null;
        for (int i = 0; i < CALLERS; i++) {
            String prefix = arguments[1] + "-" + i + "-";
            caller = Thread.ofPlatform().start(() -> submit(loop, prefix));
        }
        if (caller != null) {
            caller.join();
        }
    }

    private static void submit(Loop loop, String prefix) {
        for (int n = 0; ; n++) {
            var submit = new Event.Submit(prefix + n, true, prefix + n, Source.API, 0, false, OptionalLong.empty());
            Reply reply = loop.submit(submit, new Details(Optional.empty(), Map.of(), Optional.empty(), PAYLOAD));
            if (!(reply instanceof Reply.Queued)) {
                throw new IllegalStateException("the submission was answered with " + reply);
            }
            // In one piece, so that no line is torn by another.
            System.out.writeBytes((prefix + n + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }
}
