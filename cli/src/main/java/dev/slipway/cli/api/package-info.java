/** The public API as the commands call it. */
@org.jspecify.annotations.NullMarked
package dev.slipway.cli.api;
