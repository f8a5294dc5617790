package dev.slipway.cli.services;

/**
 * A port to listen on.
 *
 * @param preferred 0: any free one
 * @param required whether another one will not do
 */
public record PortWish(int preferred, boolean required) {
    public static final PortWish ANY = new PortWish(0, false);

    /** This one if it is free. */
    public static PortWish rather(int port) {
        return new PortWish(port, false);
    }

    /** This one, or 0 for any free one. */
    public static PortWish only(int port) {
        return port == 0 ? ANY : new PortWish(port, true);
    }
}
