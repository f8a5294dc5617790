/** The connection to the control plane. */
@org.jspecify.annotations.NullMarked
package dev.slipway.connector.link;
