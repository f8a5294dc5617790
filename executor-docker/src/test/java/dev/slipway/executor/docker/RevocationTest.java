package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.ExecutionKey;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RevocationTest {
    private static final RunId RUN = new RunId("ledger", new ExecutionKey("run", 1));
    private static final String NAME = "GET /containers/" + Names.container(RUN) + "/json";
    private static final String ID = "GET /containers/id/json";
    private static final FakeEngine.Answer CREATED =
            new FakeEngine.Answer(200, "{\"Id\":\"id\",\"State\":{\"Status\":\"created\"}}");
    private static final FakeEngine.Answer GONE = new FakeEngine.Answer(404, "{\"message\":\"no such container\"}");

    @ParameterizedTest
    @CsvSource({
        "create destroy, true",
        "create start destroy, false",
        "start destroy, false",
        "destroy, false",
        "create, false",
        "'', false",
    })
    void onlyAWholeHistoryWithoutAStartShowsThatNothingBegan(String events, boolean neverStarted) {
        assertThat(Revocation.wasNeverStarted(Arrays.asList(events.split(" ", -1))))
                .isEqualTo(neverStarted);
    }

    @Test
    void aContainerThatCouldNotBeRemovedBecauseItRanAndIsThenGoneHasBegun() throws Exception {
        try (FakeEngine engine = claimed("{\"Action\":\"create\"}{\"Action\":\"start\"}{\"Action\":\"destroy\"}")
                        .when(ID, CREATED, GONE)
                        .when("DELETE /containers/id", new FakeEngine.Answer(409, "{\"message\":\"it is running\"}"));
                Engine calls = new Engine(engine.address(), 1, Engine.Patience.USUAL)) {
            assertThat(revocation(calls).takeAway(RUN, Claims.Purpose.REVOKED, true))
                    .isEqualTo(Revocation.Outcome.BEGAN);
        }
    }

    @Test
    void anEngineThatDoesNotRememberTheMakingIsNotBelieved() throws Exception {
        try (FakeEngine engine = claimed("").when(ID, CREATED);
                Engine calls = new Engine(engine.address(), 1, Engine.Patience.USUAL)) {
            assertThat(revocation(calls).takeAway(RUN, Claims.Purpose.REVOKED, true))
                    .isEqualTo(Revocation.Outcome.UNKNOWN);
            assertThat(engine.asked()).doesNotContain("DELETE /containers/id");
        }
    }

    @Test
    void aContainerThatSomebodyElseIsRemovingTellsNothingYet() throws Exception {
        try (FakeEngine engine = claimed("{\"Action\":\"create\"}")
                        .when(ID, CREATED)
                        .when(
                                "DELETE /containers/id",
                                new FakeEngine.Answer(409, "{\"message\":\"removal is in progress\"}"));
                Engine calls = new Engine(engine.address(), 1, Engine.Patience.USUAL)) {
            assertThatThrownBy(() -> revocation(calls).takeAway(RUN, Claims.Purpose.REVOKED, true))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("about to remove or to start");
        }
    }

    @Test
    void whatIsTakenAwayIsOnRecordOnlyOnceTheEngineHasToldThatItDidNotBegin() throws Exception {
        try (FakeEngine engine = claimed("{\"Action\":\"create\"}{\"Action\":\"destroy\"}")
                        .when(ID, CREATED)
                        .when("DELETE /containers/id", new FakeEngine.Answer(204, ""));
                Engine calls = new Engine(engine.address(), 1, Engine.Patience.USUAL)) {
            assertThat(revocation(calls).takeAway(RUN, Claims.Purpose.REVOKED, true))
                    .isEqualTo(Revocation.Outcome.NEVER_BEGAN);

            List<String> asked = engine.asked();
            assertThat(asked.lastIndexOf("POST /volumes/create")).isGreaterThan(asked.indexOf("DELETE /containers/id"));
            assertThat(asked).doesNotContain("DELETE /volumes/" + Names.claim(RUN));
        }
    }

    private static FakeEngine claimed(String events) throws IOException {
        return FakeEngine.start()
                .when(
                        "POST /volumes/create",
                        new FakeEngine.Answer(201, "{\"Labels\":{\"%s\":\"start\"}}".formatted(Names.CLAIM)))
                .when(NAME, CREATED)
                .when("GET /info", new FakeEngine.Answer(200, "{\"SystemTime\":\"2026-01-02T03:04:05.6+01:00\"}"))
                .when("GET /events", new FakeEngine.Answer(200, events));
    }

    private static Revocation revocation(Engine calls) {
        Owner owner = new Owner("executor", "incarnation");
        return new Revocation(calls, new Claims(calls, owner), owner);
    }
}
