package dev.slipway.executor.direct;

import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.ExecutionKey;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Where evidence lies: {@code <root>/<execution>/<attempt>/}. Evidence appears and disappears as a whole, by renaming. The root
 * is part of the executor's state, and so is found wherever the operator puts the workspaces now.
 */
final class EvidenceStore {
    /** Begins the names of what is being built or deleted; no encoded execution id begins so. */
    private static final String TEMPORARY = "+";

    private final Path root;
    private final String executor;

    EvidenceStore(Path root, String executor) {
        this.root = root;
        this.executor = executor;
    }

    Path root() {
        return root;
    }

    /**
     * Makes evidence for a run that has none, durable before it returns. If somebody else was faster, theirs stands.
     *
     * @param boot of the host
     * @return what is there now
     */
    Evidence create(Evidence.Meta meta, String boot) throws IOException {
        Path built = root.resolve(temporaryName());
        Path parent = parent(meta.execution());
        Path place = place(meta.run().key());
        try {
            Directories.create(built);
            Evidence.write(built, meta, boot);
            Directories.sync(built);
            Directories.create(parent);
            Files.move(built, place, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!Files.exists(place)) {
                throw e;
            }
        } finally {
            Directories.delete(built); // nothing of that name is left once it is moved
        }
        Directories.sync(parent);
        Directories.sync(root);
        return Evidence.read(place).orElseThrow(() -> new NoSuchFileException(place.toString()));
    }

    /** Where the evidence of a run with this key is, or would be. */
    Path place(ExecutionKey key) {
        return parent(key.execution()).resolve(Integer.toString(key.attempt()));
    }

    /** The evidence of a run with this key, of whatever ledger. */
    Optional<Evidence> find(ExecutionKey key) throws IOException {
        return Evidence.read(place(key));
    }

    Optional<Evidence> find(RunId run) throws IOException {
        return find(run.key()).filter(evidence -> evidence.meta().ledger().equals(run.ledger()));
    }

    /** All evidence of this executor. What an earlier process left half built or half deleted is removed. */
    List<Evidence> all() throws IOException {
        List<Evidence> found = new ArrayList<>();
        for (Path execution : directoriesIn(root)) {
            String name = execution.getFileName().toString();
            if (name.startsWith(TEMPORARY)) {
                if (name.startsWith(temporaryPrefix())) {
                    Directories.delete(execution);
                }
                continue;
            }
            for (Path attempt : directoriesIn(execution)) {
                Evidence.read(attempt)
                        .filter(evidence -> evidence.meta().executor().equals(executor))
                        .ifPresent(found::add);
            }
        }
        return found;
    }

    void delete(Evidence evidence) throws IOException {
        Path doomed = root.resolve(temporaryName());
        Files.move(evidence.directory(), doomed, StandardCopyOption.ATOMIC_MOVE);
        Directories.delete(doomed);
        try {
            Files.deleteIfExists(parent(evidence.meta().execution()));
        } catch (DirectoryNotEmptyException e) {
            // another attempt's evidence is still in it
        }
    }

    private Path parent(String execution) {
        return root.resolve(SafeName.encode(execution));
    }

    private String temporaryName() {
        return temporaryPrefix() + UUID.randomUUID();
    }

    private String temporaryPrefix() {
        return TEMPORARY + SafeName.encode(executor) + TEMPORARY;
    }

    private static List<Path> directoriesIn(Path directory) throws IOException {
        List<Path> directories = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, Files::isDirectory)) {
            entries.forEach(directories::add);
        } catch (NoSuchFileException e) {
            // nothing was ever run here
        }
        return directories;
    }
}
