@NullMarked
package dev.slipway.protocol;

import org.jspecify.annotations.NullMarked;
