/** The records and calls that Slipway's services exchange, and nothing else. */
@org.jspecify.annotations.NullMarked
package dev.slipway.protocol;
