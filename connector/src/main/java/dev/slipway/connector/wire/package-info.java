/** The control plane's words: its frames, its argument rules, its sentences. Nothing outside this package knows them. */
@org.jspecify.annotations.NullMarked
package dev.slipway.connector.wire;
