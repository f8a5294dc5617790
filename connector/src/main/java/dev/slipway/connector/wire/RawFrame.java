package dev.slipway.connector.wire;

import java.io.InputStream;

/**
 * A message as it came.
 *
 * @param size in bytes
 * @param content can be read once
 */
public record RawFrame(int size, InputStream content) {}
