package dev.slipway.dispatcher;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DispatcherStartTest {
    @Test
    void refusesALedgerThatNothingKeepsASecondDispatcherFrom() {
        assertThatThrownBy(() -> Dispatcher.refusePostgresql(true)).hasMessageContaining("not supported yet");
        assertThatCode(() -> Dispatcher.refusePostgresql(false)).doesNotThrowAnyException();
    }
}
