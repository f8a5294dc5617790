package dev.slipway.executor.direct;

import dev.slipway.executor.core.StartFailure;
import dev.slipway.protocol.Ending;
import dev.slipway.protocol.SecretValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * Between the setup command and the program: makes of the file that the one left what the other sees. The keeper waits for it,
 * so whichever process of the executor comes first does it, and the run goes on.
 */
final class Handover {
    private static final Logger LOG = Logger.getLogger(Handover.class);
    private static final long MAX_FILE = 1 << 20;

    /** Tells the keeper that it has read all; without it the program is not started. */
    private static final String WHOLE = "_left=whole\n";

    private Handover() {}

    static void perform(Evidence evidence, Site site) throws IOException {
        Map<String, SecretValue> variables = TaskEnvironment.leftBySetup(read(evidence.setupFile()), site);
        variables.keySet().removeIf(name -> {
            boolean isLost = !ShellText.isName(name);
            if (isLost) {
                LOG.warnf("the setup command left a variable that a shell cannot hand on, it is left out: %s", name);
            }
            return isLost;
        });
        try {
            Invocation.check(variables);
        } catch (StartFailure e) {
            evidence.refuse(new Ending.NotStarted(
                    e.ending().reason(),
                    "of the variables that the setup command left, " + e.getMessage(),
                    e.ending().isTransient()));
            return;
        }
        evidence.giveEnvironment(ShellText.exports(variables) + WHOLE);
    }

    /** Nothing, with a warning, if it is not what it should be: the program runs all the same. */
    private static Map<String, String> read(Path file) throws IOException {
        try {
            if (!Files.exists(file)) {
                return Map.of();
            }
            if (!Files.isRegularFile(file) || Files.size(file) > MAX_FILE) {
                return dropped("it is no plain file of at most 1 MiB");
            }
            return new LinkedHashMap<>(Dotenv.parse(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
                    .toString()));
        } catch (CharacterCodingException e) {
            return dropped("it is not UTF-8 text");
        } catch (Dotenv.Malformed e) {
            return dropped(String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, String> dropped(String why) {
        LOG.warnf("the variables that the setup command left in $OZ_ENVIRONMENT_FILE are dropped: %s", why);
        return Map.of();
    }
}
