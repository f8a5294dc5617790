/** What is still to be told to the control plane. */
@org.jspecify.annotations.NullMarked
package dev.slipway.connector.outbox;
