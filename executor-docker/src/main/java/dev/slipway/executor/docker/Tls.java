package dev.slipway.executor.docker;

import com.github.dockerjava.core.util.CertificateUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * How an engine that is reached by TLS proves itself, and this executor to it.
 *
 * @param directory may hold {@code ca.pem}, and {@code cert.pem} with {@code key.pem}
 * @param isVerified whether the engine's certificate must be signed by that authority
 */
record Tls(Path directory, boolean isVerified) {
    private static final String STORE_PASSWORD = "docker"; // of a store in memory, which docker-java makes so

    SSLContext context() throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys(), trust(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificates in %s cannot be used: %s".formatted(directory, e.getMessage()), e);
        }
    }

    private KeyManager[] keys() throws IOException, GeneralSecurityException {
        Optional<String> certificate = pem("cert.pem");
        Optional<String> key = pem("key.pem");
        if (certificate.isEmpty() || key.isEmpty()) {
            return new KeyManager[0];
        }
        Security.addProvider(new BouncyCastleProvider()); // the one that docker-java reads keys with
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        KeyStore store = CertificateUtils.createKeyStore(key.get(), certificate.get());
        factory.init(store, STORE_PASSWORD.toCharArray());
        return factory.getKeyManagers();
    }

    private TrustManager[] trust() throws IOException, GeneralSecurityException {
        if (!isVerified) {
            return new TrustManager[] {new Trusting()};
        }
        Optional<String> authority = pem("ca.pem");
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(authority.isEmpty() ? null : CertificateUtils.createTrustStore(authority.get()));
        return factory.getTrustManagers();
    }

    private Optional<String> pem(String name) throws IOException {
        Path file = directory.resolve(name);
        return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
    }

    /** The operator has asked for it: DOCKER_TLS_VERIFY is empty. */
    private static final class Trusting implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
