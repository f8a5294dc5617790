package dev.slipway.executor.core;

import io.quarkus.runtime.Quarkus;
import java.lang.reflect.Proxy;
import java.util.List;

/**
 * Makes a polite signal an orderly end with exit code 0; the JVM alone would end with 143. Its class for signals is unsupported
 * and therefore reached by reflection.
 */
final class Termination {
    private static final List<String> SIGNALS = List.of("TERM", "INT");

    private Termination() {}

    static void exitsWithZero() {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object exit = Proxy.newProxyInstance(
                    Termination.class.getClassLoader(), new Class<?>[] {handler}, (_, method, _) -> {
                        if (method.getName().equals("handle")) {
                            Quarkus.asyncExit(0);
                        }
                        return null;
                    });
            for (String name : SIGNALS) {
                signal.getMethod("handle", signal, handler)
                        .invoke(null, signal.getConstructor(String.class).newInstance(name), exit);
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(
                    "this Java cannot handle signals: run Slipway with a JDK that has jdk.unsupported", e);
        }
    }
}
