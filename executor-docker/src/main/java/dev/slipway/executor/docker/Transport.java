package dev.slipway.executor.docker;

import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.transport.UnixSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.DefaultHttpRequestRetryStrategy;
import org.apache.hc.client5.http.impl.DefaultSchemePortResolver;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.DefaultHttpClientConnectionOperator;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.NameValuePair;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.InputStreamEntity;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.net.URIAuthority;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.pool.PoolReusePolicy;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * HTTP to an engine, over its socket or TCP. It stands in for docker-java's own transport, which repeats every call that is
 * answered with 429 or 503: also a start, which the engine may have carried out behind the proxy that gave the answer. Here
 * nothing is repeated that was answered; what was not, over a connection that broke, is repeated once unless it is a POST.
 */
final class Transport implements DockerHttpClient {
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final TimeValue IDLE = TimeValue.ofSeconds(10);
    private static final SocketConfig LOCAL =
            SocketConfig.custom().setSoTimeout(Timeout.DISABLED).build();

    /** Asks in seconds whether the other side is still there: an engine that vanishes says nothing, and streams have no deadline. */
    private static final SocketConfig REMOTE = SocketConfig.copy(LOCAL)
            .setSoKeepAlive(true)
            .setTcpKeepIdle(15)
            .setTcpKeepInterval(15)
            .setTcpKeepCount(4)
            .build();

    private final HttpHost host;
    private final String prefix;
    private final PoolingHttpClientConnectionManager pool;
    private final CloseableHttpClient client;

    /** @param connections how many there are at most at once */
    Transport(EngineAddress address, int connections) throws IOException {
        URI uri = address.uri();
        boolean isLocal = uri.getScheme().equals("unix");
        boolean isSecure = address.tls().isPresent() || uri.getScheme().equals("https");
        this.host = isLocal
                ? new HttpHost("unix", "localhost", 2375)
                : new HttpHost(isSecure ? "https" : "http", uri.getHost(), uri.getPort());
        String version = address.version().isEmpty() ? "" : "/v" + address.version();
        this.prefix = (isLocal ? "" : uri.getRawPath().replaceFirst("/+$", "")) + version;
        this.pool = pool(address, isLocal);
        makeRoom(connections);
        this.client = HttpClients.custom()
                .setConnectionManager(pool)
                .setDefaultRequestConfig(RequestConfig.custom()
                        .setResponseTimeout(Timeout.DISABLED)
                        .build())
                .setRetryStrategy(new UnlessAnswered())
                .evictIdleConnections(IDLE)
                .disableConnectionState() // a connection with a client's certificate may be used again, too
                .disableContentCompression()
                .disableCookieManagement()
                .disableRedirectHandling()
                .build();
    }

    /** @param connections how many there may be at once, unless there may be more already */
    void makeRoom(int connections) {
        int most = Math.max(connections, pool.getDefaultMaxPerRoute());
        pool.setMaxTotal(most);
        pool.setDefaultMaxPerRoute(most);
    }

    private static PoolingHttpClientConnectionManager pool(EngineAddress address, boolean isLocal) throws IOException {
        TlsSocketStrategy tls = address.tls().isPresent()
                ? new DefaultClientTlsStrategy(address.tls().get().context())
                : DefaultClientTlsStrategy.createDefault();
        PoolingHttpClientConnectionManager pool = new PoolingHttpClientConnectionManager(
                new DefaultHttpClientConnectionOperator(
                        _ -> isLocal ? UnixSocket.get(address.uri().getPath()) : new Socket(),
                        DefaultSchemePortResolver.INSTANCE,
                        SystemDefaultDnsResolver.INSTANCE,
                        RegistryBuilder.<TlsSocketStrategy>create()
                                .register("https", tls)
                                .build()),
                PoolConcurrencyPolicy.STRICT,
                PoolReusePolicy.LIFO,
                TimeValue.NEG_ONE_MILLISECOND,
                null);
        pool.setDefaultSocketConfig(isLocal ? LOCAL : REMOTE);
        pool.setDefaultConnectionConfig(ConnectionConfig.custom()
                .setConnectTimeout(Timeout.of(CONNECT))
                .setValidateAfterInactivity(TimeValue.NEG_ONE_MILLISECOND) // needs deadlines, which Unix sockets lack
                .build());
        return pool;
    }

    @Override
    public Response execute(Request request) {
        HttpUriRequestBase call = new HttpUriRequestBase(request.method(), URI.create(prefix + request.path()));
        call.setScheme(host.getSchemeName());
        call.setAuthority(new URIAuthority(host.getHostName(), host.getPort()));
        request.headers().forEach(call::addHeader);
        byte[] bytes = request.bodyBytes();
        InputStream stream = request.body();
        if (bytes != null) {
            call.setEntity(new ByteArrayEntity(bytes, null));
        } else if (stream != null) {
            call.setEntity(new InputStreamEntity(stream, null));
        }
        try {
            return new Answer(call, client.executeOpen(host, call, null));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
    }

    /** Repeats once what was not answered and can be repeated without harm, such as over a connection that has become stale. */
    private static final class UnlessAnswered extends DefaultHttpRequestRetryStrategy {
        @Override
        public boolean retryRequest(HttpRequest request, IOException failure, int count, HttpContext context) {
            // Whoever is interrupted does not want the answer any more, and has closed the connection by that.
            return !Thread.currentThread().isInterrupted() && super.retryRequest(request, failure, count, context);
        }

        @Override
        public boolean retryRequest(HttpResponse response, int count, HttpContext context) {
            return false;
        }
    }

    private record Answer(HttpUriRequestBase call, ClassicHttpResponse response) implements Response {
        @Override
        public int getStatusCode() {
            return response.getCode();
        }

        @Override
        public Map<String, List<String>> getHeaders() {
            return Stream.of(response.getHeaders())
                    .collect(Collectors.groupingBy(
                            NameValuePair::getName, Collectors.mapping(NameValuePair::getValue, Collectors.toList())));
        }

        @Override
        public InputStream getBody() {
            HttpEntity entity = response.getEntity();
            try {
                return entity == null ? InputStream.nullInputStream() : entity.getContent();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /**
         * Breaks off what was not read, which may have no end; the connection of what was read to its end is in the pool already.
         * To close the client's own answer would read on, also beside somebody who reads it.
         */
        @Override
        public void close() {
            call.abort();
        }
    }
}
