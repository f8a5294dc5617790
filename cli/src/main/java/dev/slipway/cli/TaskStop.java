package dev.slipway.cli;

import dev.slipway.cli.api.ApiClient;
import dev.slipway.cli.api.ApiFailure;
import dev.slipway.protocol.Api;
import dev.slipway.settings.InvalidSettings;
import dev.slipway.settings.Settings;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Ends the running tasks before the services are stopped. */
final class TaskStop {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Only for the control plane to hear of it: what it does not hear now it hears after the next start. */
    private static final Duration DELIVERY_PATIENCE = Duration.ofSeconds(10);

    private static final Duration LOOK = Duration.ofMillis(200);

    private TaskStop() {}

    /** Does it if the settings that the services run by ask for it. */
    static void performIfConfigured(StateDirOption services, Host host) {
        if (isConfigured(services)) {
            perform(services, host);
        }
    }

    private static boolean isConfigured(StateDirOption services) {
        var file = services.stateDir().settingsFile();
        try {
            return Files.exists(file) && Settings.load(file).slipway().stopsOnShutdown();
        } catch (InvalidSettings e) {
            return false; // the services could not run by it either
        }
    }

    /** Waits until nothing runs any more and the control plane knows. Never fails: the services are to be stopped in any case. */
    static void perform(StateDirOption services, Host host) {
        try {
            var left = await(services.api());
            if (left.active() > 0) {
                host.say("%d tasks have not ended within %d seconds: the next 'slipway up' goes on ending them"
                        .formatted(left.active(), PATIENCE.toSeconds()));
            } else if (left.undelivered() > 0) {
                host.say(
                        "%d results could not be told to the control plane yet: they are told after the next 'slipway up'"
                                .formatted(left.undelivered()));
            }
        } catch (ApiFailure | CliFailure e) {
            host.say("it is not known whether the running tasks have ended, since the dispatcher does not answer: "
                    + e.getMessage());
        }
    }

    private static Api.Shutdown await(ApiClient api) {
        var end = Deadline.in(PATIENCE);
        var delivery = Deadline.in(PATIENCE);
        boolean ended = false;
        while (true) {
            try {
                var now = api.shutDown();
                if (now.active() == 0 && !ended) {
                    ended = true;
                    delivery = Deadline.in(DELIVERY_PATIENCE);
                }
                if ((now.active() == 0 && now.undelivered() == 0) || end.passed() || delivery.passed()) {
                    return now;
                }
            } catch (ApiFailure e) {
                boolean mayPass = e.mayPass() && e.status() != ApiFailure.UNREACHABLE;
                if (!mayPass || end.passed()) {
                    throw e;
                }
            }
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }
}
