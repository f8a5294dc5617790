package dev.slipway.cli;

import com.fasterxml.jackson.core.JacksonException;
import picocli.CommandLine.Option;

/** How a command prints its result. */
final class OutputOption {
    enum Format {
        text,
        json
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "${COMPLETION-CANDIDATES} (default: text)")
    private Format format;

    private final Host host;

    OutputOption(Host host) {
        this.host = host;
    }

    void print(Object json, String text) {
        try {
            host.printer()
                    .println(
                            format == Format.json
                                    ? Json.MAPPER
                                            .writerWithDefaultPrettyPrinter()
                                            .writeValueAsString(json)
                                    : text);
        } catch (JacksonException e) {
            throw new IllegalStateException("a record of our own cannot be written as JSON", e);
        }
    }
}
