/** The dispatcher: decides what runs where, and remembers it. Here only its parts are put together. */
@org.jspecify.annotations.NullMarked
package dev.slipway.dispatcher;
