@NullMarked
package dev.slipway.dispatcher.access;

import org.jspecify.annotations.NullMarked;
