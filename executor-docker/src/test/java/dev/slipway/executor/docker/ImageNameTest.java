package dev.slipway.executor.docker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageNameTest {
    @ParameterizedTest
    @CsvSource({
        "ubuntu, docker.io, library/ubuntu, latest, ubuntu:latest",
        "ubuntu:22.04, docker.io, library/ubuntu, 22.04, ubuntu:22.04",
        "docker.io/library/ubuntu, docker.io, library/ubuntu, latest, ubuntu:latest",
        "index.docker.io/a/b, docker.io, a/b, latest, a/b:latest",
        "a/b/c:1, docker.io, a/b/c, 1, a/b/c:1",
        "localhost/a, localhost, a, latest, localhost/a:latest",
        "127.0.0.1:5000/a:2, 127.0.0.1:5000, a, 2, 127.0.0.1:5000/a:2",
        "registry.example/team/tool, registry.example, team/tool, latest, registry.example/team/tool:latest",
    })
    void takesANameApart(String text, String registry, String path, String version, String whole) {
        ImageName name = ImageName.parse(text).orElseThrow();

        assertThat(name.registry()).isEqualTo(registry);
        assertThat(name.path()).isEqualTo(path);
        assertThat(name.version()).isEqualTo(version);
        assertThat(name).hasToString(whole);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a@", "a:1@"})
    void aDigestIsTheVersion(String before) {
        String digest = "sha256:" + "0".repeat(64);

        ImageName name = ImageName.parse(before + digest).orElseThrow();

        assertThat(name.version()).isEqualTo(digest);
        assertThat(name).hasToString(before + digest);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "a:",
                "A",
                "a//b",
                "-a",
                "a:b:c",
                "a@sha256:1",
                "a@b",
                "../a",
                "a b",
                "a\n",
                "http://a/b",
                "a/b?c"
            })
    void refusesWhatNoImageIsCalled(String text) {
        assertThat(ImageName.parse(text)).isEmpty();
    }
}
