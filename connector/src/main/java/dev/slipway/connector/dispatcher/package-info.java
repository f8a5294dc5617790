/** What is said to the dispatcher and what it answers. */
@org.jspecify.annotations.NullMarked
package dev.slipway.connector.dispatcher;
