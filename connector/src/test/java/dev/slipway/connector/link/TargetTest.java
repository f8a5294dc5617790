package dev.slipway.connector.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetTest {
    @ParameterizedTest
    @CsvSource({
        "wss://h/p/ws, w, wss://h/p/ws?worker_id=w, wss://h/p/ws",
        "wss://h/p?a=1&b=%20, w, wss://h/p?a=1&b=%20&worker_id=w, wss://h/p",
        "wss://h/p?worker_id=old&a=1, w, wss://h/p?a=1&worker_id=w, wss://h/p",
        "wss://h/p?worker_idle=1&worker_id, w, wss://h/p?worker_idle=1&worker_id=w, wss://h/p",
        "ws://127.0.0.1:81, 'a b&c', ws://127.0.0.1:81/?worker_id=a+b%26c, ws://127.0.0.1:81/",
        "wss://h/p?worker%5Fid=old&worker_id=older&worker_id, w, wss://h/p?worker_id=w, wss://h/p",
        "wss://h/p?key=canary#fragment, w, wss://h/p?key=canary&worker_id=w, wss://h/p",
        "wss://h:8443/p%20q?&&a=%26, wörker, wss://h:8443/p%20q?a=%26&worker_id=w%C3%B6rker, wss://h:8443/p%20q",
    })
    void namesTheWorkerInTheQueryAndShowsNothingElseOfIt(String configured, String worker, String uri, String shown) {
        assertThat(Target.of(URI.create(configured), worker)).isEqualTo(new Target(URI.create(uri), shown));
    }
}
