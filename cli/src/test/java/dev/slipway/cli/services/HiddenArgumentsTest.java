package dev.slipway.cli.services;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class HiddenArgumentsTest {
    @Test
    void putsHiddenOnesBackAndLeavesOthersAsTheyAre() {
        var arguments = new String[] {"up", "--api-key", "SLIPWAY_ARG_1", "SLIPWAY_ARG_2", "SLIPWAY_ARG_X", "PATH"};

        assertThat(HiddenArguments.restore(arguments, Map.of("SLIPWAY_ARG_1", "key", "PATH", "/bin")))
                .containsExactly("up", "--api-key", "key", "SLIPWAY_ARG_2", "SLIPWAY_ARG_X", "PATH");
    }
}
