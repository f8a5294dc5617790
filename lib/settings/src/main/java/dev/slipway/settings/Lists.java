package dev.slipway.settings;

import java.util.List;
import java.util.stream.Stream;

final class Lists {
    private Lists() {}

    static <T> List<T> join(List<T> first, List<T> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }
}
