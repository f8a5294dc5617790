/** The only statements on tasks: what the core decided becomes rows, and rows become its state again. */
@NullMarked
package dev.slipway.dispatcher.ledger;

import org.jspecify.annotations.NullMarked;
