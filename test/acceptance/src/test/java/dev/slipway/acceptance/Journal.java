package dev.slipway.acceptance;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** What the agents say of themselves, in a file that Slipway knows nothing of; and gates that they wait at. */
record Journal(Path directory) {
    /** A line of shell that writes {@code word} and the task's id into the journal. */
    String note(String word) {
        return "echo \"" + word + " $TASK_ID\" >> '" + directory.resolve("journal") + "'; ";
    }

    /** A line of shell that waits until {@link #open} is called for the gate. */
    String waitAt(String gate) {
        return "while [ ! -e '" + directory.resolve(gate) + "' ]; do sleep 0.05; done; ";
    }

    void open(String gate) {
        try {
            Files.createFile(directory.resolve(gate));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<String> lines() {
        try {
            return Files.readAllLines(directory.resolve("journal"));
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void awaitLine(String line) {
        await("the journal to have " + line).atMost(Slipway.PATIENCE).until(() -> lines().contains(line));
    }

    long count(String line) {
        return lines().stream().filter(line::equals).count();
    }
}
