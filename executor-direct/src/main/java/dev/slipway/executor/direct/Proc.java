package dev.slipway.executor.direct;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads Linux's process table. Processes that are dead and only wait for their parent to notice are left out. */
final class Proc {
    private static final Path ROOT = Path.of("/proc");
    private static final int MAX_ENVIRONMENT = 8 << 20;

    private Proc() {}

    /**
     * Which process it is: a pid alone is reused.
     *
     * @param startTicks when it started, in clock ticks since boot
     */
    record Identity(long pid, long startTicks) {
        /** From {@code <pid> <start>}; empty if the text is anything else. */
        static Optional<Identity> parse(String text) {
            String[] parts = text.strip().split(" ", -1);
            try {
                return parts.length == 2
                        ? Optional.of(new Identity(Long.parseLong(parts[0]), Long.parseLong(parts[1])))
                        : Optional.empty();
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        }

        @Override
        public String toString() {
            return pid + " " + startTicks;
        }
    }

    record Entry(Identity identity, long parent, long session) {}

    static List<Entry> all() throws IOException {
        List<Entry> processes = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(ROOT, "[1-9]*")) {
            for (Path entry : entries) {
                read(entry).ifPresent(processes::add);
            }
        }
        return processes;
    }

    static boolean isAlive(Identity identity) {
        return read(ROOT.resolve(Long.toString(identity.pid())))
                .filter(process -> process.identity().equals(identity))
                .isPresent();
    }

    /** Whether the process was given this entry, {@code NAME=value}, in its environment. */
    static boolean hasInEnvironment(long pid, byte[] entry) {
        try (var in = Files.newInputStream(ROOT.resolve(Long.toString(pid)).resolve("environ"))) {
            return contains(in.readNBytes(MAX_ENVIRONMENT), entry);
        } catch (IOException e) {
            return false; // gone, or another user's: then it is none of ours
        }
    }

    /** What tells one boot of this host from another. */
    static String bootId() throws IOException {
        return Files.readString(ROOT.resolve("sys/kernel/random/boot_id")).strip();
    }

    private static Optional<Entry> read(Path directory) {
        try {
            return parse(Files.readString(directory.resolve("stat"), StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The second field is the command's name in parentheses and may itself hold parentheses and spaces. */
    static Optional<Entry> parse(String stat) {
        int nameEnd = stat.lastIndexOf(") ");
        int nameStart = stat.indexOf(" (");
        if (nameEnd < 0 || nameStart < 0) {
            return Optional.empty();
        }
        String[] fields = stat.substring(nameEnd + 2).split(" ", -1);
        if (fields.length < 20 || fields[0].equals("Z") || fields[0].equalsIgnoreCase("X")) {
            return Optional.empty();
        }
        Identity identity = new Identity(Long.parseLong(stat.substring(0, nameStart)), Long.parseLong(fields[19]));
        return Optional.of(new Entry(identity, Long.parseLong(fields[1]), Long.parseLong(fields[3])));
    }

    private static boolean contains(byte[] environment, byte[] entry) {
        int start = 0;
        for (int i = 0; i <= environment.length; i++) {
            if (i == environment.length || environment[i] == 0) {
                if (Arrays.equals(environment, start, i, entry, 0, entry.length)) {
                    return true;
                }
                start = i + 1;
            }
        }
        return false;
    }
}
