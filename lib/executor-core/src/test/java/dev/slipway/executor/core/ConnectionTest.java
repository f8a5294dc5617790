package dev.slipway.executor.core;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.ws.rs.ProcessingException;
import org.junit.jupiter.api.Test;

class ConnectionTest {
    private final Connection connection = new Connection("http://dispatcher");

    @Test
    void isInTroubleUntilTheFirstAnswerAndAfterAFailure() {
        assertThat(connection.trouble()).contains("not reached yet");

        connection.accepted();
        assertThat(connection.trouble()).isEmpty();

        connection.failed(new ProcessingException("connection refused"));
        assertThat(connection.trouble()).contains("does not answer");
    }
}
