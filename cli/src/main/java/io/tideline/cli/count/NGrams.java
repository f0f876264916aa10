package io.tideline.cli.count;

/**
 * Joins every N consecutive tokens of one document by one space. The last tokens stand in one buffer with the spaces already between
 * them, so that an n-gram is a stretch of it.
 */
final class NGrams implements TokenSink {

    private final int tokensPerGram;
    private final TokenSink sink;
    private final int limitBytes;
    /** Where the held tokens begin in {@link #window}: a ring, the oldest at {@link #oldest}. */
    private final int[] starts;
    private byte[] window = new byte[1024];
    private int windowEnd;
    private int oldest;
    private int held;

    /** @param limitBytes the longest n-gram that is passed on; a longer one ends in {@link TokenTooLong} */
    NGrams(int tokensPerGram, TokenSink sink, int limitBytes) {
        this.tokensPerGram = tokensPerGram;
        this.sink = sink;
        this.limitBytes = limitBytes;
        this.starts = new int[tokensPerGram];
    }

    @Override
    public void accept(byte[] bytes, int offset, int length) {
        int gramBytes = held == 0 ? length : windowEnd - starts[oldest] + length;
        if (length > limitBytes || gramBytes > limitBytes || gramBytes < 0) {
            throw new TokenTooLong(limitBytes);
        }
        makeRoom(length + 1);
        starts[(oldest + held) % tokensPerGram] = windowEnd;
        System.arraycopy(bytes, offset, window, windowEnd, length);
        windowEnd += length;
        held++;
        if (held == tokensPerGram) {
            int start = starts[oldest];
            oldest = (oldest + 1) % tokensPerGram;
            held--;
            sink.accept(window, start, windowEnd - start);
        }
        window[windowEnd++] = ' ';
    }

    /** How many tokens came that no n-gram has begun with yet; at most N - 1. */
    int heldTokens() {
        return held;
    }

    /** Forgets the tokens so far: what comes next is of another document. */
    void endDocument() {
        held = 0;
        oldest = 0;
        windowEnd = 0;
    }

    private void makeRoom(int length) {
        if (length <= window.length - windowEnd) {
            return;
        }
        int keepFrom = held == 0 ? windowEnd : starts[oldest];
        int kept = windowEnd - keepFrom;
        byte[] target = window;
        if ((long) kept + length > window.length / 2) {
            target = new byte[Math.toIntExact(Math.min(2L * (kept + (long) length), Integer.MAX_VALUE - 8))];
        }
        System.arraycopy(window, keepFrom, target, 0, kept);
        window = target;
        for (int i = 0; i < held; i++) {
            starts[(oldest + i) % tokensPerGram] -= keepFrom;
        }
        windowEnd = kept;
    }
}
