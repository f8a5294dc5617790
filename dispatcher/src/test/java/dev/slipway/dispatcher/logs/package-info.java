@NullMarked
package dev.slipway.dispatcher.logs;

import org.jspecify.annotations.NullMarked;
