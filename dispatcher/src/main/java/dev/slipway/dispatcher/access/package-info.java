/** Who may call, and how a refused or failed call is answered. */
@NullMarked
package dev.slipway.dispatcher.access;

import org.jspecify.annotations.NullMarked;
