package io.tideline.cli.count;

import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Interruption;
import io.tideline.core.Completion;
import io.tideline.core.Session;
import io.tideline.core.Update;
import java.io.IOException;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * Counts the tokens of documents into the store, for one thread: one read-modify-write a token, in batches of what one piece of a
 * document holds. A piece is read before its batch begins, because reading may block. Where the store spills, counts that must be fetched
 * from disk are submitted and not waited for, so that many of them are under way at once; {@link #finish} waits for the last ones.
 */
final class TokenCounter implements DocumentReader {

    /** Small enough that a batch holds the epoch for about a millisecond, large enough that a batch costs nothing a token. */
    private static final int PIECE_BYTES = 1 << 14;

    /** What is left to do once a count is updated: nothing; a fault is thrown to whoever completes. */
    private static final Completion DONE = (context, status, value) -> { };

    private final Session session;
    private final boolean spills;
    /** Null where nobody goes on with this count. */
    private final Lane lane;
    private final Completion completion;
    private final Tokenizer tokenizer;
    /** Null if every token is counted by itself. */
    private final NGrams grams;
    private final int gramLength;
    private final Interruption interruption;
    private final BooleanSupplier abandoned;
    private final LongConsumer tokensDone;
    private final byte[] piece = new byte[PIECE_BYTES];
    private int pieceBytes;
    /** How many more tokens or n-grams of this document are to be counted. */
    private long wanted;
    private long counted;

    /**
     * @param spills whether counts may have gone to disk
     * @param abandoned whether the whole count has already failed elsewhere
     * @param tokensDone told how many tokens or n-grams were counted, piece by piece
     */
    TokenCounter(Session session, boolean spills, int gramLength, int keyLimitBytes, Interruption interruption,
            BooleanSupplier abandoned, LongConsumer tokensDone) {
        this(session, spills, null, gramLength, keyLimitBytes, interruption, abandoned, tokensDone);
    }

    /** The same for a lane: tokens that an earlier run counted are passed over. */
    TokenCounter(Session session, Lane lane, int gramLength, int keyLimitBytes, Interruption interruption, BooleanSupplier abandoned,
            LongConsumer tokensDone) {
        this(session, true, lane, gramLength, keyLimitBytes, interruption, abandoned, tokensDone);
    }

    private TokenCounter(Session session, boolean spills, Lane lane, int gramLength, int keyLimitBytes, Interruption interruption,
            BooleanSupplier abandoned, LongConsumer tokensDone) {
        this.session = session;
        this.spills = spills;
        this.lane = lane;
        this.completion = lane == null ? DONE : lane;
        this.gramLength = gramLength;
        this.interruption = interruption;
        this.abandoned = abandoned;
        this.tokensDone = tokensDone;
        this.grams = gramLength == 1 ? null : new NGrams(gramLength, this::count, keyLimitBytes);
        this.tokenizer = new Tokenizer(grams == null ? this::count : grams, keyLimitBytes);
    }

    @Override
    public void read(Document document) throws IOException {
        wanted = Long.MAX_VALUE;
        try {
            readOwned(document);
        } catch (TokenTooLong tooLong) {
            throw new Failure((gramLength == 1 ? "A token" : "An n-gram") + " in " + document.name() + " is longer than "
                    + tooLong.limitBytes() + " bytes, the most that a key of this store may have; it is probably not text, or give"
                    + " the store larger pages with more --memory.", tooLong);
        } finally {
            tokenizer.abandonDocument();
            if (grams != null) {
                grams.endDocument();
            }
        }
    }

    /** Waits for every count that is still on its way; nothing is read after it. */
    void finish() {
        session.completePending(true);
    }

    private void readOwned(Document document) throws IOException {
        boolean skipping = document.startsInsideToken();
        long unread = document.ownedBytes();
        while (unread > 0) {
            if (!readPiece(document, unread)) {
                endOfFile();
                return;
            }
            unread -= pieceBytes;
            int start = 0;
            while (skipping && start < pieceBytes) {
                skipping = Tokenizer.isInToken(piece[start]);
                start += skipping ? 1 : 0;
            }
            countPiece(start);
        }
        wanted = (grams == null ? 0 : grams.heldTokens()) + (tokenizer.isInsideToken() ? 1 : 0);
        while (wanted > 0) {
            if (!readPiece(document, PIECE_BYTES)) {
                endOfFile();
                return;
            }
            countPiece(0);
        }
    }

    private boolean readPiece(Document document, long most) throws IOException {
        interruption.check();
        if (abandoned.getAsBoolean()) {
            throw new Crew.Abandoned();
        }
        pieceBytes = document.bytes().read(piece, 0, (int) Math.min(most, PIECE_BYTES));
        return pieceBytes > 0;
    }

    private void countPiece(int start) {
        session.batch(operations -> tokenizer.feed(piece, start, pieceBytes - start));
        report();
    }

    private void endOfFile() {
        session.batch(operations -> tokenizer.endDocument());
        report();
    }

    private void report() {
        tokensDone.accept(counted);
        counted = 0;
    }

    private void count(byte[] bytes, int offset, int length) {
        if (wanted > 0) {
            if (lane == null || !lane.skip()) {
                countNew(bytes, offset, length);
            }
            wanted--;
            counted++;
        }
    }

    private void countNew(byte[] bytes, int offset, int length) {
        if (!spills) {
            session.add(bytes, offset, length, 1);
            return;
        }
        long serial = session.serial() + 1;
        boolean isSubmitted = false;
        try {
            session.submitRmw(bytes, offset, length, Update.ADD, 1, serial, completion);
            isSubmitted = true;
        } finally {
            if (!isSubmitted && lane != null) {
                lane.lose(serial);
            }
        }
    }
}
