/** What the connector calls. */
@NullMarked
package dev.slipway.dispatcher.connectors;

import org.jspecify.annotations.NullMarked;
