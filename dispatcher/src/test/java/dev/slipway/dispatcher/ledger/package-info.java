@NullMarked
package dev.slipway.dispatcher.ledger;

import org.jspecify.annotations.NullMarked;
