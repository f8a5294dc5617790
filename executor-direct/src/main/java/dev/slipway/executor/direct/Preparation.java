package dev.slipway.executor.direct;

import dev.slipway.protocol.Cause;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** What a run needs of the executor before its program starts: a limit for the setup command, and what that left. */
final class Preparation {
    private final Optional<Duration> setupLimit;

    /** @param setupLimit how long a setup command may take; absent: for ever */
    Preparation(Optional<Duration> setupLimit) {
        this.setupLimit = setupLimit;
    }

    void attend(Evidence evidence, RunHandle handle) throws IOException {
        if (!evidence.meta().hasSetup() || evidence.claim() != Evidence.Claim.NOBODY) {
            return;
        }
        handle.starting.lock();
        try {
            if (isOverdue(evidence, handle)) {
                evidence.refuse(Cause.SETUP_FAILED.notStarted(
                        "the setup command (backend.direct.setup_command) did not end within %d s (slipway.direct.setup_timeout) and was ended"
                                .formatted(setupLimit.orElseThrow().toSeconds())));
            } else if (evidence.wantsEnvironment()) {
                Handover.perform(evidence, evidence.meta().site().orElseThrow());
            }
        } finally {
            handle.starting.unlock();
        }
    }

    private boolean isOverdue(Evidence evidence, RunHandle handle) throws IOException {
        return setupLimit.isPresent()
                && evidence.hasBegunSetup()
                && handle.isSetupOverdue(setupLimit.get())
                && evidence.setupCode().isEmpty();
    }
}
