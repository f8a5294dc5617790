/** The way out of here: proxies and trusted certificates, as the environment names them. */
@org.jspecify.annotations.NullMarked
package dev.slipway.connector.egress;
