package dev.slipway.dispatcher;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.dispatcher.api.Viewers;
import dev.slipway.dispatcher.core.Change;
import dev.slipway.dispatcher.core.Limits;
import dev.slipway.dispatcher.core.RetryPolicy;
import dev.slipway.dispatcher.core.State;
import dev.slipway.dispatcher.ledger.Ledger;
import dev.slipway.dispatcher.ledger.LedgerFile;
import dev.slipway.dispatcher.logs.LogStore;
import dev.slipway.dispatcher.loop.Batch;
import dev.slipway.dispatcher.loop.Loop;
import dev.slipway.dispatcher.loop.Observer;
import dev.slipway.dispatcher.loop.Runs;
import dev.slipway.dispatcher.loop.Telemetry;
import dev.slipway.protocol.BackendKind;
import dev.slipway.settings.InvalidSettings;
import dev.slipway.settings.Settings;
import dev.slipway.settings.SlipwaySettings;
import io.agroal.api.AgroalDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.agroal.DataSource;
import io.quarkus.flyway.FlywayDataSource;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.runtime.util.ExceptionUtil;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jboss.logging.Logger;

/** Puts the parts together. What is wrong at the start ends it with one sentence on standard error. */
@Singleton
public class Dispatcher {
    private static final Logger LOG = Logger.getLogger(Dispatcher.class);

    private static final Duration STOP_GRACE = Duration.ofSeconds(10);
    private static final Duration LEASE = Duration.ofSeconds(10);
    private static final Duration RETENTION = Duration.ofDays(7);

    @Produces
    @Singleton
    Clock clock() {
        return Clock.systemUTC();
    }

    @Produces
    @Singleton
    Settings settings(DispatcherConfig config) {
        try {
            return config.settingsFile().map(Settings::load).orElseGet(Settings::defaults);
        } catch (InvalidSettings e) {
            throw refuse(String.valueOf(e.getMessage()));
        }
    }

    @Produces
    @Singleton
    Limits limits(Settings settings) {
        Map<BackendKind, Integer> perBackend = settings.slipway().limits().entrySet().stream()
                .collect(Collectors.toMap(
                        limit -> BackendKind.ofWireName(limit.getKey().wireName()), Map.Entry::getValue));
        SlipwaySettings.TimeLimits times = settings.slipway().times();
        SlipwaySettings.Retry retry = settings.slipway().retry();
        return new Limits(
                settings.maxConcurrentTasks(),
                settings.slipway().queueLimit(),
                perBackend,
                new Limits.Times(
                        STOP_GRACE.toMillis(),
                        LEASE.toMillis(),
                        RETENTION.toMillis(),
                        millis(times.task()),
                        millis(times.queued()),
                        millis(times.silent()),
                        millis(times.lost())),
                new RetryPolicy(
                        retry.attempts(),
                        retry.delay().toMillis(),
                        retry.longestDelay().toMillis()));
    }

    private static OptionalLong millis(Optional<Duration> limit) {
        return limit.map(span -> OptionalLong.of(span.toMillis())).orElseGet(OptionalLong::empty);
    }

    @Produces
    @Singleton
    StateDirectory stateDirectory(DispatcherConfig config) {
        try {
            return StateDirectory.open(config.stateDir().toAbsolutePath());
        } catch (IOException e) {
            throw refuse(String.valueOf(e.getMessage()));
        }
    }

    /** @param directory must be there before the files in it */
    @Produces
    @Singleton
    Ledger ledger(
            StateDirectory directory,
            @DataSource("ledger") AgroalDataSource writer,
            @DataSource("ledger-readers") AgroalDataSource readers,
            @FlywayDataSource("ledger") Flyway schema,
            @ConfigProperty(name = "quarkus.datasource.postgresql.active") boolean postgresql) {
        refusePostgresql(postgresql);
        return open("The ledger " + directory.ledger(), () -> {
            LedgerFile.check(directory.ledger());
            LedgerFile.checkVersion(schema);
            schema.migrate();
            return Ledger.open(writer, readers);
        });
    }

    /** Two dispatchers on one database would both launch its tasks: so far nothing makes one of them wait for the other. */
    static void refusePostgresql(boolean active) {
        if (active) {
            throw refuse("A ledger in PostgreSQL is not supported yet by this version."
                    + " Remove QUARKUS_DATASOURCE_POSTGRESQL_ACTIVE: the ledger is a file in the state directory.");
        }
    }

    @Produces
    @Singleton
    LogStore logs(
            StateDirectory directory,
            @DataSource("logs") AgroalDataSource database,
            @FlywayDataSource("logs") Flyway schema) {
        return open("The store of output " + directory.logs(), () -> {
            schema.migrate();
            return new LogStore(database);
        });
    }

    @Produces
    @Singleton
    Runs runs() {
        return new Runs();
    }

    @Produces
    @Singleton
    Viewers viewers(LogStore logs, ObjectMapper json) {
        return new Viewers(logs, json);
    }

    @Produces
    @Singleton
    Telemetry telemetry(
            MeterRegistry registry,
            Limits limits,
            Settings settings,
            @ConfigProperty(name = "quarkus.application.version") String version) {
        var worker = new Telemetry.Worker(
                version,
                settings.backend().map(backend -> backend.kind().wireName()).orElse(""),
                settings.workerId().orElse(""));
        return new Telemetry(registry, limits, worker);
    }

    @Produces
    @Singleton
    Loop loop(
            StateDirectory directory,
            Ledger ledger,
            Limits limits,
            Clock clock,
            Runs runs,
            Telemetry telemetry,
            Viewers viewers,
            LogStore logs) {
        return open(
                "The ledger " + directory.ledger(),
                () -> new Loop(ledger, limits, clock, List.of(runs, telemetry, viewers, forgetting(logs))));
    }

    private static Observer forgetting(LogStore logs) {
        return new Observer() {
            @Override
            public void committed(Batch batch, State state) {
                for (Change change : batch.changes()) {
                    if (change instanceof Change.Forgotten(String id)) {
                        logs.forget(id);
                    }
                }
            }
        };
    }

    void start(
            @Observes StartupEvent event,
            StateDirectory directory,
            Loop loop,
            Ledger ledger,
            LogStore logs,
            Runs runs) {
        open("The store of output " + directory.logs(), () -> {
            logs.retain(runs::isKnown);
            return logs;
        });
        LOG.infof("The dispatcher serves ledger %s", ledger.id());
    }

    void stop(@Observes ShutdownEvent event, Viewers viewers, Loop loop, LogStore logs, StateDirectory directory)
            throws IOException {
        viewers.close();
        loop.close();
        logs.close();
        directory.close();
    }

    private interface Opening<T> {
        T open() throws SQLException;
    }

    private static <T> T open(String what, Opening<T> opening) {
        try {
            return opening.open();
        } catch (SQLException | FlywayException e) {
            throw refuse(
                    "%s cannot be opened: %s. It was left as it is. If it is damaged, restore it from a backup, or move it"
                                    .formatted(
                                            what, ExceptionUtil.getRootCause(e).getMessage())
                            + " away together with the files beside it whose names begin with its name: without it the dispatcher starts"
                            + " anew, and runs of the old one are left alone.");
        }
    }

    private static ConfigurationException refuse(String sentence) {
        return new ConfigurationException(sentence);
    }
}
