package dev.slipway.connector.link;

import dev.slipway.connector.egress.ProxyAddress;
import dev.slipway.protocol.SecretValue;
import java.net.URI;
import java.util.Optional;

/** Where, as whom, on which way and in which time limits the control plane is connected to. */
public record LinkSettings(
        Target target, String workerId, SecretValue apiKey, Optional<ProxyAddress> proxy, Timing timing) {
    public static LinkSettings of(
            URI url, String workerId, SecretValue apiKey, Optional<ProxyAddress> proxy, Timing timing) {
        return new LinkSettings(Target.of(url, workerId), workerId, apiKey, proxy, timing);
    }
}
