package dev.slipway.connector.link;

import java.time.Duration;

/**
 * The time limits of the connection.
 *
 * @param ping how often the peer is asked for a sign of life
 * @param dead without data or pong for so long, the connection is given up
 * @param write for one message
 * @param handshake for a dial, TCP and TLS included
 */
public record Timing(Duration ping, Duration dead, Duration write, Duration handshake) {}
