/** What operators configure: the YAML file, strictly read, and the flags laid over it. */
@org.jspecify.annotations.NullMarked
package dev.slipway.settings;
