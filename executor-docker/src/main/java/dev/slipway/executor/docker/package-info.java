@org.jspecify.annotations.NullMarked
package dev.slipway.executor.docker;
