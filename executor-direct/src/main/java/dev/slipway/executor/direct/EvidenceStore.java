package dev.slipway.executor.direct;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.ExecutionKey;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;

/**
 * Where evidence lies: {@code <root>/<execution>/<attempt>/}. Evidence appears and disappears as a whole, by renaming. The root
 * is part of the executor's state, and so is found wherever the operator puts the workspaces now.
 */
final class EvidenceStore {
    /** Begins the names of what is being built or deleted; no encoded execution id begins so. */
    private static final String TEMPORARY = "+";

    private static final int MAX_TRIES = 10;
    private static final Logger LOG = Logger.getLogger(EvidenceStore.class);

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
        Path place = place(meta.run().key());
        try {
            Directories.create(built);
            Evidence.write(built, meta, boot);
            Directories.sync(built);
            move(built, parent(meta.execution()), place);
        } finally {
            Directories.delete(built); // nothing of that name is left once it is moved
        }
        Directories.sync(parent(meta.execution()));
        Directories.sync(root);
        return Evidence.read(place).orElseThrow(() -> new NoSuchFileException(place.toString()));
    }

    private static void move(Path built, Path parent, Path place) throws IOException {
        for (int tries = 1; !Files.exists(place); tries++) {
            try {
                Directories.create(parent);
                Files.move(built, place, StandardCopyOption.ATOMIC_MOVE);
            } catch (NoSuchFileException | FileAlreadyExistsException e) {
                if (tries == MAX_TRIES) { // each time another attempt's evidence was deleted, and the directory with it
                    throw e;
                }
            } catch (FileSystemException e) {
                if (!Files.exists(place)) {
                    throw e;
                }
            }
        }
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

    /** All evidence of this executor. */
    List<Evidence> all() throws IOException {
        List<Evidence> found = new ArrayList<>();
        for (Path execution : entriesOf(root)) {
            if (isOfExecution(execution)) {
                for (Path attempt : entriesOf(execution)) {
                    read(attempt)
                            .filter(evidence -> evidence.meta().executor().equals(executor))
                            .ifPresent(found::add);
                }
            }
        }
        return found;
    }

    /**
     * Removes what an earlier process of this executor left half built or half deleted. Only while no other process has this
     * executor's id, and before this one creates anything.
     */
    void sweep() throws IOException {
        for (Path entry : entriesOf(root)) {
            if (entry.getFileName().toString().startsWith(temporaryPrefix())) {
                Directories.delete(entry);
            } else if (isOfExecution(entry)) {
                deleteIfEmpty(entry);
            }
        }
    }

    /** One damaged record must not keep all others from being looked after. */
    private static Optional<Evidence> read(Path directory) throws IOException {
        try {
            return Evidence.read(directory);
        } catch (JsonProcessingException e) {
            LOG.errorf(
                    "the record of a run in %s is damaged (%s): the run is neither watched nor reported; delete the directory once no process of the run is left",
                    directory, e.getOriginalMessage());
            return Optional.empty();
        }
    }

    void delete(Evidence evidence) throws IOException {
        Path doomed = root.resolve(temporaryName());
        Files.move(evidence.directory(), doomed, StandardCopyOption.ATOMIC_MOVE);
        Directories.delete(doomed);
        deleteIfEmpty(parent(evidence.meta().execution()));
    }

    /** Whoever is about to create something in it makes it anew. */
    private static void deleteIfEmpty(Path directory) throws IOException {
        try {
            Files.deleteIfExists(directory);
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

    private static boolean isOfExecution(Path entry) {
        return SafeName.isEncoded(entry.getFileName().toString())
                && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS);
    }

    /** None of what is no directory or has gone. */
    private static List<Path> entriesOf(Path directory) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            List<Path> found = new ArrayList<>();
            entries.forEach(found::add);
            return found;
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        }
    }
}
