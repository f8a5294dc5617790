package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.protocol.Cause;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PullFailureTest {
    /** As engines of several versions and registries say it. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "404 | manifest for 127.0.0.1:5000/a:2 not found: manifest unknown: manifest unknown | IMAGE_MISSING",
                "404 | pull access denied for a/b, repository does not exist or may require 'docker login': denied: requested access to the resource is denied | IMAGE_MISSING",
                "500 | Head \"http://127.0.0.1:5000/v2/a/manifests/1\": no basic auth credentials | IMAGE_DENIED",
                "500 | unauthorized: authentication required | IMAGE_DENIED",
                "500 | no matching manifest for linux/amd64 in the manifest list entries | IMAGE_PLATFORM",
                "500 | failed to register layer: write /x: no space left on device | ENGINE_DISK_FULL",
                "500 | Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host | IMAGE_PULL_FAILED",
                "500 | Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused | IMAGE_PULL_FAILED",
                "500 | unexpected EOF | IMAGE_PULL_FAILED",
            })
    void aPullHasOneCause(int status, String words, Cause cause) {
        assertThat(PullFailure.cause(status, words)).isEqualTo(cause);
    }
}
