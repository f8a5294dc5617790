@NullMarked
package dev.slipway.dispatcher.loop;

import org.jspecify.annotations.NullMarked;
