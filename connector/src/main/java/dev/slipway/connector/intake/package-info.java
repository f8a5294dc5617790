/** What comes from the control plane, on its way to the dispatcher. */
@org.jspecify.annotations.NullMarked
package dev.slipway.connector.intake;
