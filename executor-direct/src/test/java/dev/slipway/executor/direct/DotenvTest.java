package dev.slipway.executor.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DotenvTest {
    /** Line ends are written as {@code ¶} and tabs as {@code →}, in files and in what is expected of them. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            a plain line                              | A=b                             | A=b
            several lines                             | A=b¶C=d                         | A=b,C=d
            Windows' line ends                        | A=b¬¶C=d¬¶                      | A=b,C=d
            blank lines and blanks before a key       | ¶ ¶→  A=b¶¶                     | A=b
            blanks around the sign                    | A = b                           | A=b
            blanks around the value                   | A=  b c →                       | A=b c
            no value                                  | A=¶B=c                          | A=,B=c
            no value at the end of the file           | A=                              | A=
            an empty file                             | ``                              | ``
            a comment                                 | # A=b¶  # C=d¶E=f               | E=f
            a comment after a value                   | A=b # c                         | A=b
            a comment in the place of a value         | A= # c                          | A=
            a number sign at a value's beginning      | A=#b                            | A=#b
            a number sign within a value              | A=b#c                           | A=b#c
            a number sign in quotes                   | A="b # c"                       | A=b # c
            a comment after a quoted value            | A="b" # c¶B='d'# e              | A=b,B=d
            export                                    | export A=b                      | A=b
            export and more blanks                    | export →  A=b                   | A=b
            a key that begins like export             | exported=b                      | exported=b
            a key called export                       | export=b                        | export=b
            the YAML way                              | A: b                            | A=b
            the YAML way with quotes                  | A: "b c"                        | A=b c
            a colon within a value                    | A=http://b:1/?c=d               | A=http://b:1/?c=d
            digits, underscores and dots in a key     | A_1.b=c                         | A_1.b=c
            the last of several                       | A=b¶A=c                         | A=c
            single quotes                             | A='b c'                         | A=b c
            nothing is filled in in single quotes     | B=x¶A='$B \\n "'                | B=x,A=$B \\n "
            several lines in single quotes            | A='b¶c'                         | A=b¶c
            a quote after a backslash                 | A='it\\'s'¶B=c                   | A=it\\'s,B=c
            a dollar sign before small letters        | def=x¶A=abc$def¶B="${def}$Def"  | def=x,A=abc$def,B=${def}ef
            double quotes                             | A="b c"                         | A=b c
            an empty one in quotes                    | A=""¶B=''                       | A=,B=
            several lines in double quotes            | A="b¶ c¶"¶B=d                   | A=b¶ c¶,B=d
            a line that looks like a key in quotes    | A="b¶B=c"                       | A=b¶B=c
            escaped line ends in double quotes        | A="b\\nc\\rd"                   | A=b¶c¬d
            an escaped quote                          | A="b\\"c"                       | A=b"c
            an escaped backslash                      | A="b\\\\n"                      | A=b\\n
            any other escaped character               | A="\\b"                         | A=b
            backslashes without quotes                | A=C:\\new                       | A=C:\\new
            quotes within a value                     | A=b"c"'d'                       | A=b"c"'d'
            an earlier key                            | A=b¶C=$A                        | A=b,C=b
            an earlier key in braces                  | A=b¶C=${A}d                     | A=b,C=bd
            an earlier key in double quotes           | A=b¶C="<$A>"                    | A=b,C=<b>
            an earlier key's own dollar sign          | A='$B'¶C=$A                     | A=$B,C=$B
            a key that is not there                   | A=<$NO>${NOT}                   | A=<>
            a later key                               | A=$B¶B=c                        | A=,B=c
            the value so far of the same key          | A=b¶A=$A:c                      | A=b:c
            an escaped dollar sign                    | B=x¶A=\\$B¶C="\\$B"             | B=x,A=$B,C=$B
            a dollar sign that begins no name         | A=$ $-                          | A=$ $-
            """)
    void reads(String what, String file, String expected) throws Exception {
        Map<String, String> variables = Dotenv.parse(plain(file));

        assertThat(variables.entrySet().stream()
                        .map(variable -> variable.getKey() + "=" + variable.getValue())
                        .collect(Collectors.joining(",")))
                .as(what)
                .isEqualTo(plain(expected));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            no sign                            | A=b¶just text           | line 2 is no 'KEY=value'
            a key with a blank                 | A B=c                   | line 1 is no 'KEY=value'
            a key with a dash                  | ¶A-B=c                  | line 2 is no 'KEY=value'
            no key                             | =b                      | line 1 is no 'KEY=value'
            a shell command                    | A=b¶if true; then       | line 2 is no 'KEY=value'
            double quotes that do not end      | A=b¶B="secret¶c         | line 2 begins a quoted value that does not end
            single quotes that do not end      | A='secret               | line 1 begins a quoted value that does not end
            an escaped closing quote           | A="secret\\"            | line 1 begins a quoted value that does not end
            something after the closing quote  | A="b" secret            | line 1 goes on after its closing quote
            something after several lines      | A="b¶c"secret           | line 2 goes on after its closing quote
            """)
    void refusesTheWholeFileAndQuotesNothingOfIt(String what, String file, String expected) {
        assertThatThrownBy(() -> Dotenv.parse(plain(file)))
                .as(what)
                .isInstanceOf(Dotenv.Malformed.class)
                .hasMessage(expected);
    }

    @Test
    void refusesANulCharacter() {
        assertThatThrownBy(() -> Dotenv.parse("A=b\nB=\0")).hasMessage("line 2 holds a NUL character");
    }

    @Property
    void readsOrRefusesAnyText(@ForAll @StringLength(max = 100) String file) {
        try {
            assertThat(Dotenv.parse(file).keySet()).allMatch(key -> key.matches("[A-Za-z0-9_.]+"));
        } catch (Dotenv.Malformed e) {
            assertThat(e).hasMessageStartingWith("line ");
        }
    }

    @Property
    void readsAnyValueInSingleQuotes(@ForAll @StringLength(max = 100) String value) throws Exception {
        String quotable =
                value.replace("'", "").replace("\0", "").replace("\r\n", "").replaceFirst("\\\\+$", "");

        assertThat(Dotenv.parse("A='" + quotable + "'")).isEqualTo(Map.of("A", quotable));
    }

    private static String plain(String text) {
        return text.replace('¶', '\n').replace('¬', '\r').replace('→', '\t');
    }
}
