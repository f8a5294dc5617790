package dev.slipway.cli;

import java.lang.reflect.Proxy;

/**
 * The signals of this very process. The JDK's class for them is unsupported and therefore reached by reflection: a
 * shutdown hook would not do, because a second signal could not cut it short.
 */
final class ProcessInterrupts implements Interrupts {
    @Override
    public void handle(Handler handler) {
        try {
            var signalClass = Class.forName("sun.misc.Signal");
            var handlerClass = Class.forName("sun.misc.SignalHandler");
            var install = signalClass.getMethod("handle", signalClass, handlerClass);
            for (var signal : Signal.values()) {
                var proxy = Proxy.newProxyInstance(
                        handlerClass.getClassLoader(), new Class<?>[] {handlerClass}, (self, method, args) -> {
                            if (method.getName().equals("handle")) {
                                handler.handle(signal);
                            }
                            return null;
                        });
                install.invoke(null, signalClass.getConstructor(String.class).newInstance(signal.name()), proxy);
            }
        } catch (ReflectiveOperationException e) {
            throw new CliFailure("this Java cannot handle signals: use the JDK that ./slipway finds");
        }
    }

    @Override
    public void endNow(int exitCode) {
        Runtime.getRuntime().halt(exitCode);
    }
}
