package dev.slipway.executor.direct;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MembershipTest {
    private static final Proc.Identity KEEPER = new Proc.Identity(100, 1000);
    private static final long MYSELF = 7;

    /** Processes are written {@code pid@start<parent/session}, sets of them by {@code pid@start}. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            the session of a living keeper         | 100@1000<1/100 101@1001<100/100 55@9<1/55     | ''      | ''       | 100 101
            a marked process outside of it         | 100@1000<1/100 200@1002<1/200                 | 200@1002| ''       | 100 200
            a process seen to belong before        | 100@1000<1/100 200@1002<1/200                 | ''      | 200@1002 | 100 200
            another process with a seen one's pid  | 100@1000<1/100 200@2002<1/200                 | ''      | 200@1002 | 100
            descendants of all these               | 200@1002<1/200 201@1003<200/201 202@9<201/202 | ''      | 200@1002 | 200 201 202
            never the executor itself              | 100@1000<1/100 7@1<100/100                    | ''      | ''       | 100
            a dead keeper's session, one marked    | 101@1001<1/100 102@1002<1/100                 | 101@1001| ''       | 101 102
            a dead keeper's session, one seen      | 101@1001<1/100 102@1002<1/100                 | ''      | 102@1002 | 101 102
            strangers in a session of its number   | 101@9001<1/100 102@9002<101/100               | ''      | ''       | ''
            strangers under a leader of its pid    | 100@9000<1/100 101@9001<100/100               | ''      | ''       | ''
            strangers there, one of ours elsewhere | 101@9001<1/100 200@1002<1/200                 | 200@1002| ''       | 200
            """)
    void belongsToTheRun(String what, String all, String marked, String seen, String expected) {
        Set<Proc.Entry> members = Membership.members(
                words(all).map(MembershipTest::entry).toList(),
                Optional.of(KEEPER),
                identities(marked),
                identities(seen),
                MYSELF);

        assertThat(members.stream().map(entry -> entry.identity().pid()))
                .as(what)
                .containsExactlyInAnyOrderElementsOf(
                        words(expected).map(Long::valueOf).toList());
    }

    private static Proc.Entry entry(String text) {
        List<String> parts = List.of(text.split("[</]", -1));
        return new Proc.Entry(identity(parts.get(0)), Long.parseLong(parts.get(1)), Long.parseLong(parts.get(2)));
    }

    private static Set<Proc.Identity> identities(String text) {
        return words(text).map(MembershipTest::identity).collect(Collectors.toSet());
    }

    private static Proc.Identity identity(String text) {
        return Proc.Identity.parse(text.replace('@', ' ')).orElseThrow();
    }

    private static Stream<String> words(String text) {
        return Stream.of(text.split(" ", -1)).filter(word -> !word.isEmpty());
    }
}
