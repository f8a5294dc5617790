package dev.slipway.executor.direct;

import java.util.Optional;
import java.util.stream.Stream;

/** What kept a keeper from starting the program, as it records it: by one letter. */
enum Obstacle {
    /** Nobody came to hand over what the setup command left. */
    ALONE("a"),
    /** The right to start could not be made its own, although nobody else has it. */
    UNCLAIMED("c"),
    /** What the setup command left could not be read when it was needed. */
    VARIABLES_UNREADABLE("v"),
    /** With what the setup command left, and only with that, arguments and environment are too large for Linux. */
    VARIABLES_TOO_LARGE("l"),
    /** Linux does not execute the program. */
    NOT_EXECUTABLE("x");

    private final String letter;

    Obstacle(String letter) {
        this.letter = letter;
    }

    static Optional<Obstacle> ofLetter(String letter) {
        return Stream.of(values())
                .filter(obstacle -> obstacle.letter.equals(letter))
                .findFirst();
    }
}
