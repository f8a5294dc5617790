/** Whole-system tests: the packaged services as processes, the command line, a fake control plane. */
@org.jspecify.annotations.NullMarked
package dev.slipway.acceptance;
