package dev.slipway.executor.direct;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** Frees the disk space of a range inside a file; offsets and length of the file stay as they are. Linux only. */
@SuppressWarnings("restricted") // the JDK has no other way to fallocate(2)
final class HolePunch {
    private static final int OPEN_WRITE_CLOEXEC = 0x1 | 0x80000;
    private static final int KEEP_SIZE_PUNCH_HOLE = 0x01 | 0x02;

    private final MethodHandle open;
    private final MethodHandle close;
    private final MethodHandle fallocate;

    HolePunch() {
        Linker linker = Linker.nativeLinker();
        open = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("open"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                Linker.Option.firstVariadicArg(2));
        close = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("close"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        fallocate = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("fallocate"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG));
    }

    /** @throws IOException if the file system cannot do it */
    void free(Path file, long offset, long length) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom(file.toString(), NativeText.CHARSET);
            int descriptor = (int) open.invokeExact(path, OPEN_WRITE_CLOEXEC);
            if (descriptor < 0) {
                throw new IOException("cannot open " + file + " to free its delivered part");
            }
            int failed = (int) fallocate.invokeExact(descriptor, KEEP_SIZE_PUNCH_HOLE, offset, length);
            int closed = (int) close.invokeExact(descriptor);
            if (failed != 0 || closed != 0) {
                throw new IOException("the file system cannot free a part of " + file);
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
