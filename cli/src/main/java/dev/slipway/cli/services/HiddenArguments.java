package dev.slipway.cli.services;

import java.util.Arrays;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Arguments that hold secrets. The launcher script moves them into the environment, which other users of the host
 * cannot read, before it starts this process, and leaves the variable's name in their place.
 */
public final class HiddenArguments {
    private static final Pattern NAME = Pattern.compile("SLIPWAY_ARG_[0-9]+");

    private HiddenArguments() {}

    /** The arguments as they were typed. */
    public static String[] restore(String[] arguments, Map<String, String> environment) {
        return Arrays.stream(arguments)
                .map(argument -> isOne(argument) ? environment.getOrDefault(argument, argument) : argument)
                .toArray(String[]::new);
    }

    static boolean isOne(String name) {
        return NAME.matcher(name).matches();
    }
}
