package dev.slipway.cli.services;

import com.fasterxml.jackson.core.JacksonException;
import dev.slipway.cli.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/** Asks a service whether it is ready. */
final class Readiness {
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(PATIENCE)
            .proxy(HttpClient.Builder.NO_PROXY)
            .build();

    /** Empty when it is ready, else what it answers. */
    Optional<String> obstacle(String healthUrl) {
        return ask(healthUrl, "ready");
    }

    /** Empty when it has started, whether or not what it depends on can be reached. */
    Optional<String> obstacleToLife(String healthUrl) {
        return ask(healthUrl, "live");
    }

    /** What one of the service's checks says about itself, by name; nothing while it does not answer. */
    Map<String, String> words(String healthUrl, String check) {
        var words = new HashMap<String, String>();
        try {
            for (var found :
                    Json.MAPPER.readTree(get(healthUrl, "ready").body()).path("checks")) {
                if (found.path("name").asText().equals(check)) {
                    found.path("data")
                            .properties()
                            .forEach(entry ->
                                    words.put(entry.getKey(), entry.getValue().asText()));
                }
            }
        } catch (IOException e) {
            return Map.of(); // it has not started yet, or is no executor
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return words;
    }

    private HttpResponse<String> get(String healthUrl, String question) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create(healthUrl + "/health/" + question))
                        .timeout(PATIENCE)
                        .build(),
                BodyHandlers.ofString());
    }

    private Optional<String> ask(String healthUrl, String question) {
        try {
            var answer = get(healthUrl, question);
            return answer.statusCode() == 200 ? Optional.empty() : Optional.of(failedChecks(answer.body()));
        } catch (IOException e) {
            return Optional.of("it does not answer at " + healthUrl);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("the wait was interrupted");
        }
    }

    /** The checks that are down, each with what it says about itself. */
    private static String failedChecks(String body) {
        var reasons = new StringJoiner("; ");
        try {
            for (var check : Json.MAPPER.readTree(body).path("checks")) {
                if (!check.path("status").asText().equals("UP")) {
                    var name = check.path("name").asText();
                    var words = new StringJoiner(", ", name + " (", ")").setEmptyValue(name);
                    check.path("data")
                            .properties()
                            .forEach(entry -> words.add(
                                    entry.getKey() + ": " + entry.getValue().asText()));
                    reasons.add(words.toString());
                }
            }
        } catch (JacksonException e) {
            return "it answers something else than a health report: does another program use its port?";
        }
        return reasons.length() == 0 ? "it reports no reason" : reasons.toString();
    }
}
