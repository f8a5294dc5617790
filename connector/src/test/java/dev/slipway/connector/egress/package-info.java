@org.jspecify.annotations.NullMarked
package dev.slipway.connector.egress;
