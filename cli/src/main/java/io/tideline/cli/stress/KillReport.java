package io.tideline.cli.stress;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a {@link KillRun} did, and the violation that ended it, if any. */
final class KillReport {

    /** @param replay the seed of the store, and how many lives it had: what a run that meets it again takes */
    record Found(long seed, int life, Path kept, String sentence) {
        /** The command that runs the same store with the same plan. */
        String replay() {
            return "./tideline stress --kill " + (life + 1) + " --seed " + seed;
        }
    }

    private final Map<KillSite, Integer> sites = new EnumMap<>(KillSite.class);
    private volatile int kills;
    private int atTime;
    private int missed;
    private int inRecovery;
    private int inClose;
    private int closes;
    private int twice;
    private int stores;
    private int lives;
    private long checkpoints;
    private long operations;
    private Found violation;
    private long issuedBefore;

    /** How often a process was killed. */
    int kills() {
        return kills;
    }

    /** Null while all is well. */
    Found violation() {
        return violation;
    }

    /** How often at that site. */
    int at(KillSite site) {
        return sites.getOrDefault(site, 0);
    }

    int inRecovery() {
        return inRecovery;
    }

    int recoveredTwiceCount() {
        return twice;
    }

    /** @param reached where it was killed; null where that was a matter of time */
    void killed(KillPlan plan, KillSite reached, KillLedger ledger) {
        kills++;
        if (ledger.phase() == KillLedger.Phase.OPENING) {
            inRecovery++;
        }
        if (reached != null) {
            sites.merge(reached, 1, Integer::sum);
        } else if (plan.site() != null) {
            missed++;
        } else if (plan.ending() == KillPlan.Ending.CLOSING) {
            inClose++;
        } else {
            atTime++;
        }
    }

    void closed() {
        closes++;
    }

    void recoveredTwice() {
        twice++;
    }

    void lived(KillLedger ledger) {
        lives++;
        long issued = 0;
        for (int i = 0; i < KillScript.SESSIONS; i++) {
            issued += ledger.acknowledged(i);
        }
        operations += Math.max(0, issued - issuedBefore);
        issuedBefore = issued;
    }

    /** The last life of a store has come to its end. */
    void checked(KillLedger ledger) {
        stores++;
        checkpoints += ledger.checkpoints();
        issuedBefore = 0;
    }

    void violated(long seed, int life, Path kept, String sentence) {
        violation = new Found(seed, life, kept, sentence);
    }

    /** In words, on one line. */
    String summary() {
        int atSites = sites.values().stream().mapToInt(Integer::intValue).sum();
        return kills + " kills of " + stores + (stores == 1 ? " store: " : " stores: ") + atSites + " at " + sites.size() + " of " + KillSite.values().length
                + " probe points, " + (atTime + missed) + " at any time, " + inClose + " while closing; " + inRecovery + " of them while opening; " + closes
                + " closed; " + twice + " recovered twice; " + operations + " operations, " + checkpoints + " checkpoints";
    }

    /** For the JSON file. */
    Map<String, Object> toJson(long seed) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("seed", seed);
        json.put("kills", kills);
        json.put("stores", stores);
        json.put("lives", lives);
        json.put("killsAtTime", atTime + missed);
        json.put("killsWhileClosing", inClose);
        json.put("killsWhileOpening", inRecovery);
        json.put("closes", closes);
        json.put("recoveredTwice", twice);
        json.put("operations", operations);
        json.put("checkpoints", checkpoints);
        Map<String, Object> bySite = new LinkedHashMap<>();
        for (KillSite site : KillSite.values()) {
            bySite.put(site.point, at(site));
        }
        json.put("killsAtSites", bySite);
        json.put("violations", violation == null ? 0 : 1);
        if (violation != null) {
            json.put("violation", violation.sentence());
            json.put("kept", violation.kept().toString());
            json.put("replay", violation.replay());
        }
        return json;
    }
}
