package dev.slipway.connector.egress;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * Whom TLS trusts. As with Go's programs {@code SSL_CERT_FILE} takes the place of the system's file of certificates, and
 * {@code SSL_CERT_DIR} that of its directories. Where neither is set and the system has no such file, the JDK's own
 * certificates hold.
 */
final class TrustedRoots {
    private static final List<Path> SYSTEM_FILES = List.of(
            Path.of("/etc/ssl/certs/ca-certificates.crt"),
            Path.of("/etc/pki/tls/certs/ca-bundle.crt"),
            Path.of("/etc/ssl/ca-bundle.pem"),
            Path.of("/etc/pki/tls/cacert.pem"),
            Path.of("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
            Path.of("/etc/ssl/cert.pem"));
    private static final List<Path> SYSTEM_DIRECTORIES =
            List.of(Path.of("/etc/ssl/certs"), Path.of("/etc/pki/tls/certs"));
    private static final long MAX_FILE_BYTES = 16L << 20;
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", Pattern.DOTALL);

    private final Set<Certificate> certificates = new LinkedHashSet<>();
    private final CertificateFactory factory;

    private TrustedRoots() {
        try {
            factory = CertificateFactory.getInstance("X.509");
        } catch (CertificateException e) {
            throw new IllegalStateException("every JDK has X.509", e);
        }
    }

    /**
     * @return absent if the JDK's own certificates hold
     * @throws EgressFault if the file cannot be read or holds no certificate
     */
    static Optional<SSLContext> load(Optional<Path> file, Optional<String> directories) throws EgressFault {
        TrustedRoots roots = new TrustedRoots();
        if (file.isPresent()) {
            roots.addGiven(file.get());
        } else {
            SYSTEM_FILES.stream().filter(Files::isReadable).findFirst().ifPresent(roots::addIfReadable);
        }
        if (directories.isPresent()) {
            Arrays.stream(directories.get().split(":"))
                    .filter(name -> !name.isEmpty())
                    .map(Path::of)
                    .forEach(roots::addDirectory);
        } else if (file.isPresent()) {
            // The system's file, which is not read now, holds the same as they do.
            SYSTEM_DIRECTORIES.forEach(roots::addDirectory);
        }
        return roots.certificates.isEmpty() ? Optional.empty() : Optional.of(roots.context());
    }

    private void addGiven(Path file) throws EgressFault {
        int before = certificates.size();
        try {
            add(file);
        } catch (NoSuchFileException missing) {
            throw unreadable(file, "there is no such file");
        } catch (AccessDeniedException denied) {
            throw unreadable(file, "its permissions do not let this process read it");
        } catch (IOException broken) {
            throw unreadable(file, "it cannot be read (" + broken.getMessage() + ")");
        }
        if (certificates.size() == before) {
            throw unreadable(file, "there is no certificate in it (PEM: -----BEGIN CERTIFICATE-----)");
        }
    }

    private static EgressFault unreadable(Path file, String why) {
        return new EgressFault("SSL_CERT_FILE names " + file + ", but " + why
                + ": name the file with the certificates to trust, or unset it to trust the system's");
    }

    private void addDirectory(Path directory) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            files.forEach(this::addIfReadable);
        } catch (IOException | DirectoryIteratorException noSuchDirectory) {
            // as good as an empty one
        }
    }

    private void addIfReadable(Path file) {
        try {
            if (Files.isRegularFile(file)) {
                add(file);
            }
        } catch (IOException unreadable) {
            // as good as one without certificates
        }
    }

    private void add(Path file) throws IOException {
        if (Files.size(file) > MAX_FILE_BYTES) {
            throw new IOException("it is larger than 16 MiB");
        }
        Matcher blocks = BLOCK.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
        while (blocks.find()) {
            try {
                certificates.add(factory.generateCertificate(
                        new ByteArrayInputStream(blocks.group().getBytes(StandardCharsets.ISO_8859_1))));
            } catch (CertificateException broken) {
                // One that nobody can read is one that nobody trusts; the others hold.
            }
        }
    }

    private SSLContext context() {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (Certificate certificate : certificates) {
                store.setCertificateEntry("root " + number, certificate);
                number++;
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("certificates that were read cannot be trusted", e);
        }
    }
}
