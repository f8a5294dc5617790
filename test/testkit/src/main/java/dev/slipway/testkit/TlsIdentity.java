package dev.slipway.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A server's key, and the certificate of a private authority that nobody trusts unless told to.
 *
 * @param context for the server's side
 * @param certificate a PEM file for the client's
 */
public record TlsIdentity(SSLContext context, Path certificate) {
    private static final String PASSWORD = "password";

    /**
     * @param directory where its files are put
     * @param names of the server
     */
    public static TlsIdentity create(Path directory, String... names) {
        try {
            Path store = directory.resolve("server.p12");
            makeKey(store, names);
            KeyStore keys = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(store)) {
                keys.load(in, PASSWORD.toCharArray());
            }
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(keys, PASSWORD.toCharArray());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, null);
            String certificate = Base64.getMimeEncoder()
                    .encodeToString(keys.getCertificate("server").getEncoded());
            return new TlsIdentity(
                    context,
                    Files.writeString(
                            directory.resolve("authority.pem"),
                            "-----BEGIN CERTIFICATE-----\n" + certificate + "\n-----END CERTIFICATE-----\n"));
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("no key for a server", e);
        }
    }

    private static void makeKey(Path store, String... names) throws IOException {
        String alternatives = Arrays.stream(names).map(name -> "dns:" + name).collect(Collectors.joining(","));
        List<String> command = Stream.of(
                        List.of(Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString()),
                        List.of("-genkeypair", "-alias", "server", "-dname", "CN=a private authority"),
                        List.of("-keyalg", "EC", "-validity", "2", "-ext", "bc=ca:true", "-ext", "san=" + alternatives),
                        List.of("-storetype", "PKCS12", "-keystore", store.toString(), "-storepass", PASSWORD))
                .flatMap(List::stream)
                .toList();
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (keytool.waitFor() != 0) {
                throw new IOException("keytool failed: " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            keytool.destroyForcibly();
        }
    }
}
