package dev.slipway.dispatcher.executors;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.dispatcher.access.Refusal;
import dev.slipway.dispatcher.core.Answer;
import dev.slipway.dispatcher.core.Limits;
import dev.slipway.dispatcher.ledger.Ledger;
import dev.slipway.dispatcher.logs.LogStore;
import dev.slipway.dispatcher.loop.Loop;
import dev.slipway.dispatcher.loop.Runs;
import dev.slipway.protocol.ExecutionKey;
import dev.slipway.protocol.ExecutorSync;
import dev.slipway.protocol.Internal;
import dev.slipway.protocol.LogAppend;
import dev.slipway.protocol.SyncAnswer;
import dev.slipway.protocol.TaskSpec;
import io.smallrye.common.annotation.RunOnVirtualThread;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/** Syncs executors with the loop, and takes their runs' output. */
@RunOnVirtualThread
public class ExecutorResource implements Internal.ForExecutors {
    private static final Logger LOG = Logger.getLogger(ExecutorResource.class);
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}");

    /** How much payload goes into one answer; a single larger one goes alone. */
    private static final int MAX_PAYLOADS = 4 << 20;

    private final Loop loop;
    private final Ledger ledger;
    private final Limits limits;
    private final Runs runs;
    private final LogStore logs;
    private final ObjectMapper json;

    ExecutorResource(Loop loop, Ledger ledger, Limits limits, Runs runs, LogStore logs, ObjectMapper json) {
        this.loop = loop;
        this.ledger = ledger;
        this.limits = limits;
        this.runs = runs;
        this.logs = logs;
        this.json = json;
    }

    @Override
    public SyncAnswer sync(String executor, ExecutorSync sync) {
        if (!ID.matcher(executor).matches()) {
            throw Refusal.invalid(
                    "An executor's id has 1 to 128 letters, digits, dots, colons, dashes and underscores.");
        }
        if (sync.runs().size() + sync.finished().size() > ExecutorSync.MAX_RUNS) {
            throw Refusal.tooLarge("One sync has at most " + ExecutorSync.MAX_RUNS + " runs and endings.");
        }
        var answered = loop.sync(executor, sync);
        Answer.ToExecutor answer = answered.answer();
        return new SyncAnswer(
                ledger.id(),
                answered.session(),
                launches(answer.launch()),
                answer.stop().stream()
                        .map(key -> new SyncAnswer.Stop(key, limits.times().stopGrace()))
                        .toList(),
                answer.ack(),
                answer.drop());
    }

    /** Large payloads go one by one: a launch that is left out was not received, and comes with the next answer. */
    private List<SyncAnswer.Launch> launches(List<ExecutionKey> keys) {
        List<SyncAnswer.Launch> launches = new ArrayList<>(keys.size());
        int bytes = 0;
        for (ExecutionKey key : keys) {
            Optional<byte[]> payload = ledger.payload(key.execution());
            if (payload.isEmpty()) {
                // It ended since the answer was decided; the executor's next sync shows that.
                LOG.infof("%s is not launched any more: it has ended", key);
                continue;
            }
            bytes += payload.get().length;
            if (!launches.isEmpty() && bytes > MAX_PAYLOADS) {
                break;
            }
            launches.add(new SyncAnswer.Launch(key, spec(key, payload.get())));
        }
        return launches;
    }

    private TaskSpec spec(ExecutionKey key, byte[] payload) {
        try {
            return json.readValue(payload, TaskSpec.class);
        } catch (IOException e) {
            throw new UncheckedIOException("the payload of " + key + " in the ledger cannot be read", e);
        }
    }

    @Override
    public LogAppend.Position appendLogs(String execution, LogAppend append) {
        if (append.offset() < 0) {
            throw Refusal.invalid("An offset is not negative.");
        }
        if (append.bytes().length() > LogAppend.MAX_BYTES || append.cursor().length() > LogAppend.MAX_CURSOR) {
            throw Refusal.tooLarge("One call has at most " + LogAppend.MAX_BYTES + " bytes of output and "
                    + LogAppend.MAX_CURSOR + " characters of cursor.");
        }
        int current = runs.attempt(execution)
                .orElseThrow(() -> Refusal.notFound("There is no such execution: its output is not wanted any more."));
        if (append.attempt() != current) {
            throw Refusal.conflict("The output is of another attempt than the current one, " + current
                    + ": it is not wanted any more.");
        }
        return logs.append(execution, append);
    }
}
