/** The output of executions: appended at most once, capped, read and followed from any offset. */
@NullMarked
package dev.slipway.dispatcher.logs;

import org.jspecify.annotations.NullMarked;
