package io.tideline.cli.stress;

import io.tideline.core.CommitPoint;
import io.tideline.core.Store;
import io.tideline.core.StoreVerifier;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/**
 * Whether a store came back as it must: of each session exactly the operations up to one, which is neither before those that were durable nor
 * behind those that were begun; the newest checkpoint that was acknowledged, or a later one; and sound inside.
 */
final class KillCheck {

    private final Store store;
    private final KillScript script;
    private final KillLedger ledger;

    KillCheck(Store store, KillScript script, KillLedger ledger) {
        this.store = store;
        this.script = script;
        this.ledger = ledger;
    }

    /**
     * Checks a store that nobody uses yet.
     *
     * @param wasClosed whether the life before ended by itself: then nothing is lost
     * @return how far each session came
     * @throws Violation naming the first thing that is wrong
     */
    KillScript.Prefix[] run(boolean wasClosed) {
        CommitPoint last = store.lastCommit().orElse(null);
        if ((last == null ? 0 : last.number()) < ledger.commit()) {
            throw new Violation("checkpoint " + ledger.commit() + " was acknowledged, and the store came back with " + (last == null ? "none" : last.number()));
        }
        KillScript.Prefix[] prefixes = new KillScript.Prefix[KillScript.SESSIONS];
        for (int session = 0; session < prefixes.length; session++) {
            long serial = last == null ? 0 : last.serials().getOrDefault(KillScript.sessionName(session), 0L);
            checkSerial(session, serial, wasClosed);
            prefixes[session] = script.new Prefix(session, serial);
        }
        for (KillScript.Prefix prefix : prefixes) {
            checkOwn(prefix);
        }
        checkShared(prefixes);
        List<String> problems = StoreVerifier.verify(store);
        if (!problems.isEmpty()) {
            throw new Violation("the store is not sound: " + String.join("; ", problems));
        }
        return prefixes;
    }

    private void checkSerial(int session, long serial, boolean wasClosed) {
        if (serial < ledger.durable(session) || serial > ledger.issued(session)) {
            throw new Violation("session " + session + " came back with " + serial + " operations; " + ledger.durable(session) + " were durable and "
                    + ledger.issued(session) + " begun");
        }
        if (wasClosed && serial != ledger.acknowledged(session)) {
            throw new Violation("the store was closed, and session " + session + " came back with " + serial + " operations of " + ledger.acknowledged(session));
        }
    }

    private void checkOwn(KillScript.Prefix prefix) {
        String which = " of session " + prefix.session + " up to " + prefix.serial;
        for (int key = 0; key < KillScript.OWN_KEYS; key++) {
            requireSame("key " + key + which, prefix.own[key], number(KillScript.ownKey(prefix.session, key)));
            byte[] bytes = store.get(KillScript.bytesKey(prefix.session, key));
            if (!Arrays.equals(prefix.bytes[key], bytes)) {
                throw new Violation("the bytes " + key + which + " are " + text(bytes) + ", expected " + text(prefix.bytes[key]));
            }
        }
        for (int key = 0; key < KillScript.SUBMITTED_KEYS; key++) {
            requireSame("the submitted key " + key + which, prefix.submitted[key], number(KillScript.submittedKey(prefix.session, key)));
        }
    }

    private void checkShared(KillScript.Prefix[] prefixes) {
        for (int key = 0; key < KillScript.SHARED_KEYS; key++) {
            long sum = 0;
            byte[] counts = store.get(KillScript.countKey(key));
            ByteBuffer found = ByteBuffer.wrap(counts == null ? new byte[KillScript.SESSIONS * Long.BYTES] : counts).order(ByteOrder.LITTLE_ENDIAN);
            for (KillScript.Prefix prefix : prefixes) {
                requireSame("in the shared key " + key + ", the count of session " + prefix.session + " up to " + prefix.serial,
                        prefix.counts[key], found.getLong(prefix.session * Long.BYTES));
                sum += prefix.sums[key];
            }
            Long added = number(KillScript.sumKey(key));
            requireSame("the shared sum " + key, sum, added == null ? 0 : added);
        }
    }

    private static void requireSame(String what, Long expected, Long found) {
        if (expected == null ? found != null : !expected.equals(found)) {
            throw new Violation(what + " is " + found + ", expected " + expected);
        }
    }

    private Long number(long key) {
        byte[] word = new byte[Long.BYTES];
        ByteBuffer buffer = ByteBuffer.wrap(word).order(ByteOrder.LITTLE_ENDIAN).putLong(0, key);
        byte[] found = store.get(word);
        if (found == null) {
            return null;
        }
        if (found.length != Long.BYTES) {
            throw new Violation("key " + key + " has " + found.length + " bytes, expected " + Long.BYTES);
        }
        return buffer.put(0, found).getLong(0);
    }

    private static String text(byte[] bytes) {
        return bytes == null ? "not there" : bytes.length + " bytes, " + Arrays.toString(Arrays.copyOf(bytes, Math.min(bytes.length, Long.BYTES)));
    }

    /** All entries in one number, whatever their order, and how far the sessions are. */
    static String contents(Store store) {
        long[] sum = new long[2];
        store.forEach((key, value) -> {
            sum[0] += Arrays.hashCode(key.toArray()) * 0x9E3779B97F4A7C15L ^ Arrays.hashCode(value.toArray()) * 0xD1B54A32D192ED03L;
            sum[1]++;
            return true;
        });
        return sum[1] + " entries of the sum " + sum[0] + ", " + store.lastCommit().map(point -> "checkpoint " + point.number() + " with "
                + new TreeMap<>(point.serials())).orElse("no checkpoint");
    }
}
