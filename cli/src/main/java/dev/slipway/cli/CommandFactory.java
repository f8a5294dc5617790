package dev.slipway.cli;

import picocli.CommandLine;

/** Gives every command the host. */
record CommandFactory(Host host) implements CommandLine.IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
        for (var constructor : type.getDeclaredConstructors()) {
            if (constructor.getParameterCount() == 1 && constructor.getParameterTypes()[0] == Host.class) {
                return type.cast(constructor.newInstance(host));
            }
        }
        return CommandLine.defaultFactory().create(type);
    }
}
