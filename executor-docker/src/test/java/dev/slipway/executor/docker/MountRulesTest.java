package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MountRulesTest {
    private static final MountRules RULES = new MountRules(Optional.of(List.of("/cache", "data")));

    @ParameterizedTest
    @ValueSource(strings = {"/cache:/c", "/cache/sub:/c:ro", "data:/d", "data:/d:nocopy"})
    void allowsWhatIsListedAndWhatIsBelowIt(String volume) {
        assertThat(RULES.fault(volume)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/:/c", "/cached:/c", "/cache/../etc:/c", "database:/d", "data/sub:/d"})
    void refusesEverythingElse(String volume) {
        assertThat(RULES.fault(volume)).contains("allowed_mounts");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a", ":/a", "/a:b", "/a:/b:ro:z", ""})
    void refusesWhatIsNoVolume(String volume) {
        assertThat(new MountRules(Optional.empty()).fault(volume)).contains("HOST:CONTAINER[:MODE]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/:/host", "any:/d:z"})
    void withoutAListEverythingIsAllowed(String volume) {
        assertThat(new MountRules(Optional.empty()).fault(volume)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/cache:/c", "any:/d"})
    void anEmptyListAllowsNothing(String volume) {
        assertThat(new MountRules(Optional.of(List.of())).fault(volume)).contains("allowed_mounts");
    }
}
