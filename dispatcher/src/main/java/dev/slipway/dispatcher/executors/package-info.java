/** What executors call. */
@NullMarked
package dev.slipway.dispatcher.executors;

import org.jspecify.annotations.NullMarked;
