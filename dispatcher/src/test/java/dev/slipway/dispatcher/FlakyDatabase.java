package dev.slipway.dispatcher;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/** A database whose commits can be made to fail, and are counted. */
public final class FlakyDatabase {
    private final DataSource real;
    private final AtomicInteger commits = new AtomicInteger();
    private volatile boolean full;
    private volatile boolean broken;

    public FlakyDatabase(DataSource real) {
        this.real = real;
    }

    /** A full disk fails commits, and what is rolled back then has been already. */
    public void full(boolean isFull) {
        full = isFull;
    }

    /** No disk's fault: an error inside this process. */
    public void broken(boolean isBroken) {
        broken = isBroken;
    }

    public int commits() {
        return commits.get();
    }

    public DataSource dataSource() {
        return (DataSource) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {DataSource.class}, (_, method, arguments) -> {
                    Object result = method.invoke(real, arguments);
                    return result instanceof Connection connection ? connection(connection) : result;
                });
    }

    private Connection connection(Connection connection) {
        return (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (_, method, arguments) -> {
                    if (method.getName().equals("commit")) {
                        if (broken) {
                            throw new AssertionError("no memory is left");
                        }
                        if (full) {
                            throw new SQLException("database or disk is full");
                        }
                        commits.incrementAndGet();
                    }
                    try {
                        Object result = method.invoke(connection, arguments);
                        if (full && method.getName().equals("rollback")) {
                            throw new SQLException("cannot rollback - no transaction is active");
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
