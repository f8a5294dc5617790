package dev.slipway.cli.services;

import dev.slipway.protocol.SecretValue;
import java.util.Optional;

/**
 * The control plane to take tasks from. URLs that are absent are the connector's defaults.
 *
 * @param apiKey seen by the connector alone
 */
public record ControlPlane(
        SecretValue apiKey,
        Optional<String> webSocketUrl,
        Optional<String> serverRootUrl,
        Optional<String> sessionSharingServerUrl) {}
