package dev.slipway.connector;

import dev.slipway.protocol.SecretValue;
import io.smallrye.config.Expressions;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.eclipse.microprofile.config.Config;

/** The variables of this process, letter by letter: what looks like an expression in a password is a part of it. */
@ApplicationScoped
class ProcessEnvironment {
    private final Config config;

    ProcessEnvironment(Config config) {
        this.config = config;
    }

    /** Absent also if it is set to nothing. */
    Optional<SecretValue> variable(String name) {
        return Expressions.withoutExpansion(() -> config.getOptionalValue(name, SecretValue.class));
    }
}
