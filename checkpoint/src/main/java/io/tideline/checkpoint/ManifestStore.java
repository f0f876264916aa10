package io.tideline.checkpoint;

import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FullFault;
import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.Identity;
import io.tideline.hlog.device.Device;
import io.tideline.hlog.format.SealedDraft;
import io.tideline.hlog.format.SealedFile;
import io.tideline.memory.Probe;
import io.tideline.memory.Waits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The generations of a store's manifests, the newest of which says what the store is. Whoever has it holds the directory, and does one thing
 * at a time; not thread-safe.
 *
 * <p>A manifest is published after everything it names, and removed only when enough newer ones are there. So at any moment the directory
 * holds the newest one or the one before it, whole. After a sync, or a change of a name, that failed, nobody knows which of the two a crash of
 * the machine would leave; then this store of manifests publishes and removes nothing any more. Want of room is no such failure, before the name is changed.
 */
public final class ManifestStore {
    /** The least number of generations that are kept. */
    public static final int MIN_RETAINED = 2;

    /** How far a publication came. */
    private enum Step { WRITE, SYNC, RENAME, SYNC_DIRECTORY }

    private final Device device;
    private final Waits waits;
    private final Identity identity;
    /** Every generation whose file is there; null where it was not read yet, empty where it is damaged. */
    private final TreeMap<Long, Optional<Manifest>> generations = new TreeMap<>();
    private final List<LostGeneration> lost = new ArrayList<>();
    /** Of these the manifest is whole, and what it names is not: only who tried to open them knows. */
    private final List<Long> passedOver = new ArrayList<>();
    /** The newest one that is whole; null if there is none. */
    private Manifest newest;
    /** Manifests were removed, and the directory was not synced since. */
    private boolean removalsUnsynced;
    /** Why nothing is published any more; null while all is well. */
    private StoreFault poison;

    private ManifestStore(Device device, Waits waits, Identity identity) {
        this.device = device;
        this.waits = waits;
        this.identity = identity;
    }

    /**
     * The manifests of a directory. What publications that were cut short left is removed; what is found is synced, so that nothing comes
     * back that was there before.
     *
     * @throws CorruptionFault if the newest manifest is damaged; nothing was changed
     * @throws io.tideline.fault.FormatFault if it is of a newer version, of another store or of another configuration; nothing was changed
     */
    public static ManifestStore open(Device device, Waits waits, Identity identity) {
        return open(device, waits, identity, false, List.of());
    }

    /**
     * Like {@link #open}, but where the newest manifests are damaged it takes the newest one that is not; {@link #lost} names the others.
     *
     * @throws CorruptionFault if there are manifests and all of them are damaged
     */
    public static ManifestStore openFallingBack(Device device, Waits waits, Identity identity) {
        return openFallingBack(device, waits, identity, List.of());
    }

    /** The same for a caller that found what some manifests name to be damaged: they are passed over like those that are damaged themselves. */
    public static ManifestStore openFallingBack(Device device, Waits waits, Identity identity, List<LostGeneration> known) {
        return open(device, waits, identity, true, known);
    }

    private static ManifestStore open(Device device, Waits waits, Identity identity, boolean fallBack, List<LostGeneration> known) {
        ManifestStore store = new ManifestStore(device, waits, identity);
        ManifestFiles.generations(device).forEach(generation -> store.generations.put(generation, null));
        known.forEach(lost -> store.generations.put(lost.generation(), Optional.empty()));
        store.lost.addAll(known);
        known.forEach(lost -> store.passedOver.add(lost.generation()));
        store.findNewest(fallBack);
        Probe.at("recovery.manifest");
        SealedFile.removeLeftovers(device);
        device.syncDirectory();
        return store;
    }

    private void findNewest(boolean fallBack) {
        for (long generation : List.copyOf(generations.descendingKeySet())) {
            if (generations.get(generation) != null) {
                continue; // known to be of no use
            }
            try {
                newest = ManifestFiles.read(device, waits, identity, generation);
                generations.put(generation, Optional.of(newest));
                return;
            } catch (CorruptionFault damage) {
                if (!fallBack) {
                    throw damage;
                }
                generations.put(generation, Optional.empty());
                lost.add(LostGeneration.unreadable(generation, damage));
            }
        }
        if (!lost.isEmpty()) {
            throw lost.getFirst().damage();
        }
    }

    /** Notes that a manifest behind the newest one is gone, file and all: something else in the directory says that there was one. The next gets a number behind it. */
    public void passOver(LostGeneration gone) {
        generations.put(gone.generation(), Optional.empty());
        lost.add(gone);
    }

    /** The newest manifest; empty in a store that never had a checkpoint. */
    public Optional<Manifest> newest() {
        return Optional.ofNullable(newest);
    }

    /** The generations that {@link #openFallingBack} passed over, the newest first. */
    public List<LostGeneration> lost() {
        return lost.stream().sorted(Comparator.comparingLong(LostGeneration::generation).reversed()).toList();
    }

    /**
     * The greatest log address at which any of those ended that were passed over; 0 if that is not known of any. Their manifests may be found again, so
     * nothing else is to stand in front of it.
     */
    public long lostEnd() {
        long end = 0;
        for (LostGeneration each : lost) {
            end = Math.max(end, endOf(each.generation()));
        }
        return end;
    }

    private long endOf(long generation) {
        if (!device.exists(ManifestFiles.name(generation))) {
            return 0;
        }
        try {
            return ManifestFiles.read(device, waits, identity, generation).log().end();
        } catch (CorruptionFault damaged) {
            return 0; // nobody will ever find it whole
        }
    }

    /** Whether the manifest of that number is there, or may be, because nobody knows what became of the last publication. */
    public boolean mayHave(long generation) {
        return generations.containsKey(generation) || poison != null;
    }

    /** The newest one that is whole and survives a crash of the machine. */
    public Optional<Manifest> newestSynced() {
        for (long generation : List.copyOf(generations.descendingKeySet())) {
            Optional<Manifest> synced = read(generation).filter(manifest -> manifest.durability() == Durability.DISK);
            if (synced.isPresent()) {
                return synced;
            }
        }
        return Optional.empty();
    }

    /** The number of the next manifest to be published, which is the one of its checkpoint. No number is used twice. */
    public long nextGeneration() {
        long last = generations.isEmpty() ? 0 : generations.lastKey();
        if (last == Long.MAX_VALUE) {
            throw new IllegalStateException("the generations of manifests are used up: " + last + " is there already");
        }
        return last + 1;
    }

    /**
     * Makes a manifest the newest one. Everything it names is complete, and synced where it says {@link Durability#DISK}; then this survives
     * a crash of the machine when it returns.
     *
     * @throws FullFault if there is no room; nothing was changed, and a later attempt may succeed
     * @throws IoFault if it failed otherwise. Where the text does not say that no more are published, nothing was changed, either
     */
    public void publish(Manifest manifest) {
        requireSound();
        long generation = manifest.generation();
        if (generation != nextGeneration() || !manifest.configuration().equals(Manifest.Configuration.of(identity))) {
            throw new IllegalArgumentException("manifest " + generation + " with " + manifest.configuration() + "; the next one is " + nextGeneration() + " with "
                    + Manifest.Configuration.of(identity));
        }
        String name = ManifestFiles.name(generation);
        if (device.exists(name)) {
            throw new IoFault(name + " is there already and is not overwritten; somebody else writes to this directory");
        }
        write(manifest, name);
        generations.put(generation, Optional.of(manifest));
        newest = manifest;
    }

    private void write(Manifest manifest, String name) {
        boolean synced = manifest.durability() == Durability.DISK;
        Step step = Step.WRITE;
        try {
            byte[] payload = ManifestCodec.encode(manifest);
            try (SealedDraft draft = SealedDraft.write(device, waits, name, ManifestCodec.KIND, identity.storeId(), manifest.generation(), payload)) {
                Probe.at("manifest.drafted");
                if (synced) {
                    step = Step.SYNC;
                    draft.sync();
                }
                step = Step.RENAME;
                draft.publish();
                Probe.at("manifest.renamed");
            }
            if (synced) {
                step = Step.SYNC_DIRECTORY;
                device.syncDirectory();
            }
        } catch (StoreFault failed) {
            throw afterFailure(name, step, failed);
        }
    }

    private StoreFault afterFailure(String name, Step step, StoreFault failed) {
        // For want of room no name was changed: a rename that finds none does nothing, and a draft that could not be synced is thrown away with whatever bytes it lost. The next one is
        // a new file, of whose sync nothing is known yet. What else may have happened is unknown.
        boolean nothingChanged = step == Step.WRITE || step != Step.SYNC_DIRECTORY && failed instanceof FullFault;
        if (nothingChanged || step == Step.SYNC) {
            discard(name, failed);
        }
        return nothingChanged ? failed : poisoned(name, failed);
    }

    private void discard(String name, StoreFault failed) {
        try {
            SealedDraft.discard(device, name);
        } catch (StoreFault again) {
            failed.addSuppressed(again); // the next opening removes it
        }
    }

    private StoreFault poisoned(String name, StoreFault cause) {
        poison = cause;
        return new IoFault("the publication or removal of manifests failed at " + name + ", so nobody knows which of them a crash of the machine would leave;"
                + " no more checkpoints are published. Close the store, and look for errors of the disk", cause);
    }

    /** @throws IoFault if nothing is published any more, because a publication or removal failed */
    public void requireSound() {
        if (poison != null) {
            throw new IoFault("no more checkpoints are published, because an earlier publication failed; close the store, and look for errors of the disk", poison);
        }
    }

    /**
     * Removes manifests that are not needed any more, and then the files of checkpoints that no manifest names any more. The newest
     * {@code count} that are whole stay; what is newer than those stays; of the log, the newest {@code count} cuts stay, where several manifests
     * have one in common; and the newest one that was synced stays, because it is what a crash of the machine would leave. Called while no
     * checkpoint is being written.
     *
     * @param count at least {@value #MIN_RETAINED}
     * @return what those that stay need; every other checkpoint's files are gone
     * @throws IoFault if something could not be removed or read; it is tried again the next time, unless the text says otherwise
     */
    public StillNeeded retain(int count) {
        if (count < MIN_RETAINED) {
            throw new IllegalArgumentException("retaining " + count + " manifests; it takes at least " + MIN_RETAINED);
        }
        requireSound();
        List<Manifest> kept = kept(count);
        removePassedOver();
        if (kept.size() >= count) {
            removeAllBut(kept, kept.get(count - 1).generation());
        }
        syncRemovals();
        StillNeeded needed = StillNeeded.by(kept);
        CheckpointFiles.removeRetired(device, needed);
        return needed;
    }

    /** What a manifest of the index alone has in common with an older one, so that both are one thing to go back to. */
    private record Cut(long version, Manifest.Log log) {
        static Cut of(Manifest manifest) {
            return new Cut(manifest.version(), manifest.log());
        }
    }

    /**
     * The newest ones that are whole, the newest first; older ones until there are as many cuts of the log; and where none of them was synced the
     * newest one that was.
     */
    private List<Manifest> kept(int count) {
        List<Manifest> kept = new ArrayList<>();
        Set<Cut> shared = new HashSet<>();
        int cuts = 0;
        boolean synced = false;
        for (long generation : List.copyOf(generations.descendingKeySet())) {
            Optional<Manifest> read = read(generation);
            boolean isSynced = read.isPresent() && read.get().durability() == Durability.DISK;
            boolean isOther = read.isPresent() && !shared.contains(Cut.of(read.get()));
            if (read.isPresent() && (kept.size() < count || isOther && cuts < count || isSynced && !synced)) {
                kept.add(read.get());
                cuts += isOther ? 1 : 0;
                synced |= isSynced;
                if (read.get().kind() == CheckpointKind.INDEX_ONLY) {
                    shared.add(Cut.of(read.get()));
                }
            }
            if (synced && kept.size() >= count && cuts >= count) {
                break;
            }
        }
        return kept;
    }

    private Optional<Manifest> read(long generation) {
        Optional<Manifest> known = generations.get(generation);
        if (known != null) {
            return known;
        }
        Optional<Manifest> read;
        try {
            read = Optional.of(ManifestFiles.read(device, waits, identity, generation));
        } catch (CorruptionFault damage) {
            read = Optional.empty(); // it does not count as kept; whoever opens the directory is told
        }
        generations.put(generation, read);
        return read;
    }

    private void removeAllBut(List<Manifest> kept, long oldest) {
        Set<Long> staying = new HashSet<>();
        kept.forEach(manifest -> staying.add(manifest.generation()));
        for (Map.Entry<Long, Optional<Manifest>> entry : List.copyOf(generations.headMap(oldest).entrySet())) {
            if (!staying.contains(entry.getKey())) {
                removalsUnsynced = true;
                remove(entry.getKey());
            }
        }
    }

    /** Once there is a newer one: a later opening would take them for whole, and count them among those that are kept. */
    private void removePassedOver() {
        for (long generation : passedOver) {
            if (generation < newest.generation() && generations.containsKey(generation)) {
                removalsUnsynced = true;
                remove(generation);
            }
        }
    }

    private void syncRemovals() {
        if (removalsUnsynced) {
            try {
                device.syncDirectory();
            } catch (StoreFault failed) {
                throw poisoned(ManifestFiles.name(newest.generation()), failed);
            }
            removalsUnsynced = false;
        }
    }

    private void remove(long generation) {
        String name = ManifestFiles.name(generation);
        if (device.exists(name)) {
            device.delete(name);
            Probe.at("manifest.removed");
        }
        generations.remove(generation);
    }
}
