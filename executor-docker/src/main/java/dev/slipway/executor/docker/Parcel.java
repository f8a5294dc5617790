package dev.slipway.executor.docker;

import com.github.dockerjava.transport.DockerHttpClient;
import org.jspecify.annotations.Nullable;

/** An answer on its way to somebody who may give up waiting for it at any moment: it is then closed, whoever is first. */
final class Parcel {
    private DockerHttpClient.@Nullable Response response;
    private boolean refused;

    synchronized void deliver(DockerHttpClient.Response answer) {
        if (refused) {
            answer.close();
        } else {
            response = answer;
        }
    }

    synchronized void refuse() {
        refused = true;
        if (response != null) {
            response.close();
            response = null;
        }
    }
}
