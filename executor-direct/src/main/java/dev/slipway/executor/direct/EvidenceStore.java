package dev.slipway.executor.direct;

import dev.slipway.executor.core.RunId;
import dev.slipway.protocol.ExecutionKey;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Where evidence lies: {@code <root>/<execution>/<attempt>/}. Evidence appears and disappears as a whole, by renaming. */
final class EvidenceStore {
    /** The name of evidence's root inside a workspace root. No task can be called so. */
    static final String DIRECTORY = ".slipway";

    /** Begins the names of what is being built or deleted; no encoded execution id begins so. */
    private static final String TEMPORARY = "+";

    private final List<Path> roots;
    private final String executor;

    /** @param roots where evidence may lie; new evidence goes to the first */
    EvidenceStore(List<Path> roots, String executor) {
        this.roots = List.copyOf(roots);
        this.executor = executor;
    }

    Path root() {
        return roots.getFirst();
    }

    /**
     * Makes evidence for a run that has none, durable before it returns. If somebody else was faster, theirs stands.
     *
     * @return what is there now
     */
    Evidence create(Evidence.Meta meta) throws IOException {
        Path built = root().resolve(temporaryName());
        Path place = place(meta.run().key());
        Path parent = root().resolve(SafeName.encode(meta.execution()));
        Directories.create(built);
        try {
            Evidence.write(built, meta);
            Directories.sync(built);
            Directories.create(parent);
            Files.move(built, place, StandardCopyOption.ATOMIC_MOVE);
        } catch (DirectoryNotEmptyException | FileAlreadyExistsException e) {
            Directories.delete(built);
        } catch (FileSystemException e) {
            Directories.delete(built);
            if (!Files.exists(place)) {
                throw e;
            }
        }
        Directories.sync(parent);
        Directories.sync(root());
        return Evidence.read(place).orElseThrow(() -> new NoSuchFileException(place.toString()));
    }

    /** Where new evidence of a run with this key goes. */
    Path place(ExecutionKey key) {
        return place(root(), key);
    }

    /** The evidence of a run with this key, of whatever ledger. */
    Optional<Evidence> find(ExecutionKey key) throws IOException {
        for (Path root : roots) {
            Optional<Evidence> evidence = Evidence.read(place(root, key));
            if (evidence.isPresent()) {
                return evidence;
            }
        }
        return Optional.empty();
    }

    Optional<Evidence> find(RunId run) throws IOException {
        return find(run.key()).filter(evidence -> evidence.meta().ledger().equals(run.ledger()));
    }

    /** All evidence of this executor. What an earlier process left half built or half deleted is removed. */
    List<Evidence> all() throws IOException {
        List<Evidence> found = new ArrayList<>();
        for (Path root : roots) {
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
        }
        return found;
    }

    void delete(Evidence evidence) throws IOException {
        Path parent = root(evidence).resolve(SafeName.encode(evidence.meta().execution()));
        Path doomed = root(evidence).resolve(temporaryName());
        Files.move(evidence.directory(), doomed, StandardCopyOption.ATOMIC_MOVE);
        Directories.delete(doomed);
        try {
            Files.deleteIfExists(parent);
        } catch (DirectoryNotEmptyException e) {
            // another attempt's evidence is still in it
        }
    }

    private static Path place(Path root, ExecutionKey key) {
        return root.resolve(SafeName.encode(key.execution())).resolve(Integer.toString(key.attempt()));
    }

    private Path root(Evidence evidence) {
        return roots.stream()
                .filter(root -> evidence.directory().startsWith(root))
                .findFirst()
                .orElseThrow();
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
