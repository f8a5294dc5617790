package dev.slipway.dispatcher.logs;

import dev.slipway.protocol.Bytes;

/** What stands at an offset of an execution's output. */
public sealed interface Stored {
    /** The offset after it. */
    long end();

    /** Output that is kept. */
    record Output(long offset, Bytes bytes) implements Stored {
        @Override
        public long end() {
            return offset + bytes.length();
        }
    }

    /** Output that was written but is not kept. */
    record Gap(long offset, long missing) implements Stored {
        @Override
        public long end() {
            return offset + missing;
        }
    }
}
