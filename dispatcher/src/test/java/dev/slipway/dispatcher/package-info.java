@NullMarked
package dev.slipway.dispatcher;

import org.jspecify.annotations.NullMarked;
