package dev.slipway.executor.docker;

import dev.slipway.executor.core.Backend;
import dev.slipway.executor.testkit.BackendContract;
import dev.slipway.protocol.TaskSpec;
import dev.slipway.testkit.DockerEngine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(TestEngine.class)
class DockerBackendIT extends BackendContract {
    private static final List<DockerBackend> OPENED = new ArrayList<>();

    private final DockerEngine engine;

    DockerBackendIT(DockerEngine engine) {
        this.engine = engine;
    }

    @AfterAll
    static void closeAll() throws IOException {
        for (DockerBackend backend : OPENED) {
            backend.close();
        }
        OPENED.clear();
    }

    @Override
    protected Backend open() throws Exception {
        DockerBackend backend = TestEngine.backend(engine, "executor-1", TestEngine.config(TestEngine.localImages()));
        OPENED.add(backend);
        return backend;
    }

    @Override
    protected TaskSpec task(String script) {
        return TestEngine.task(script);
    }

    @Override
    protected TaskSpec impossibleTask() {
        return TestEngine.task(TestEngine.IMAGE, Map.of(), "/no/such/program");
    }
}
