@NullMarked
package dev.slipway.dispatcher.api;

import org.jspecify.annotations.NullMarked;
