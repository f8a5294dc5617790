package dev.slipway.connector.link;

import dev.slipway.protocol.SecretValue;
import java.net.URI;

/** Where, as whom and in which time limits the control plane is connected to. */
public record LinkSettings(Target target, String workerId, SecretValue apiKey, Timing timing) {
    public static LinkSettings of(URI url, String workerId, SecretValue apiKey, Timing timing) {
        return new LinkSettings(Target.of(url, workerId), workerId, apiKey, timing);
    }
}
