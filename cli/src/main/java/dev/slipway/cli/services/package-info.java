/** Starting, finding and stopping the services of a state directory. */
@org.jspecify.annotations.NullMarked
package dev.slipway.cli.services;
