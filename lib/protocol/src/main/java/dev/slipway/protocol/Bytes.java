package dev.slipway.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;

/** Immutable bytes, base64 in JSON. Their text form says only how many they are: output may hold secrets. */
public final class Bytes {
    public static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] array;

    private Bytes(byte[] array) {
        this.array = array;
    }

    public static Bytes of(byte[] array) {
        return new Bytes(array.clone());
    }

    /** Takes the array over, uncopied: nobody may change it any more. */
    @JsonCreator
    public static Bytes wrap(byte[] array) {
        return new Bytes(array);
    }

    /** A copy of the bytes from {@code from} (inclusive) to {@code to} (exclusive). */
    public static Bytes of(byte[] array, int from, int to) {
        return new Bytes(Arrays.copyOfRange(array, from, to));
    }

    /** A copy. */
    public byte[] toArray() {
        return array.clone();
    }

    /** The array itself, for those who only read it. */
    @JsonValue
    public byte[] unwrap() {
        return array;
    }

    public int length() {
        return array.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes that && Arrays.equals(array, that.array);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(array);
    }

    @Override
    public String toString() {
        return array.length + " bytes";
    }
}
