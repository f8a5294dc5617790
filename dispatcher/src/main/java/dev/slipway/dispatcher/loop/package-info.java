/** The one thread that decides: events in, one transaction for many of them, then the answers. It does no network I/O. */
@NullMarked
package dev.slipway.dispatcher.loop;

import org.jspecify.annotations.NullMarked;
