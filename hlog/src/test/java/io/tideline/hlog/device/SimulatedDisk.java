package io.tideline.hlog.device;

import io.tideline.fault.FullFault;
import io.tideline.fault.FullFault.Place;
import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.memory.Waits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * A disk in memory that keeps the {@link Device} contract and nothing beyond it: what the contract leaves open is decided by a seed, and
 * what may go wrong goes wrong where a {@link FaultPlan} says so. {@link #crash} gives a disk as a power loss may leave it, {@link #kill}
 * one as the death of the process leaves it; both can be asked for at any time, again and again, and change nothing here.
 *
 * <p>A sync commits what was written when it was asked for, no more, so that whoever relies on later writes is found out. Transfers touch
 * memory through {@link io.tideline.memory.Words}, when they are carried out and not before. With {@link Mode#INLINE} and
 * {@link Mode#QUEUED} the same calls and seeds give the same bytes, outcomes and orders.
 */
public final class SimulatedDisk implements Device {
    /** Who carries requests out and completes them. */
    public enum Mode {
        /** The caller, before its call returns. */
        INLINE,
        /** The test, by {@link #runOne} and {@link #runAll}, in an order drawn from the seed; a close carries out the rest. */
        QUEUED,
        /** Threads of the disk, in an order drawn from the seed, as far as threads let it. */
        THREADS
    }

    /**
     * @param seed decides everything that is left open
     * @param sectorBytes what a crash keeps or loses as a whole, a power of two from 512 on
     * @param alignmentBytes what the disk asks of its callers, a power of two
     * @param garbage whether a crash may leave anything at all in a sector that was not synced
     */
    public record Options(long seed, Mode mode, int sectorBytes, int alignmentBytes, boolean garbage) {
        public static final Options DEFAULT = new Options(1, Mode.INLINE, SECTOR_BYTES, 1, false);

        public Options {
            if (Integer.bitCount(sectorBytes) != 1 || sectorBytes < SECTOR_BYTES || Integer.bitCount(alignmentBytes) != 1 || alignmentBytes < 1) {
                throw new IllegalArgumentException("sectors of " + sectorBytes + " bytes, aligned to " + alignmentBytes);
            }
        }

        public Options seed(long newSeed) {
            return new Options(newSeed, mode, sectorBytes, alignmentBytes, garbage);
        }

        public Options mode(Mode newMode) {
            return new Options(seed, newMode, sectorBytes, alignmentBytes, garbage);
        }

        public Options sectorBytes(int bytes) {
            return new Options(seed, mode, bytes, alignmentBytes, garbage);
        }

        public Options alignmentBytes(int bytes) {
            return new Options(seed, mode, sectorBytes, bytes, garbage);
        }

        public Options garbage(boolean left) {
            return new Options(seed, mode, sectorBytes, alignmentBytes, left);
        }
    }

    /**
     * Something the disk was asked to do.
     *
     * @param fault what it met, or null
     */
    public record Step(Io io, String what, Fault fault) {
        @Override
        public String toString() {
            return what + (fault == null ? "" : ", which meets " + fault);
        }
    }

    private record Transfer(IoRequest request, long ticket, SimulatedFile file, Io io, long offset, long address, int lengthBytes,
                            String what, Fault fault, long syncTime, long dueIndex) {
    }

    /** A write that the machine did not finish. */
    private record Interrupted(SimulatedInode inode, long offset, byte[] bytes) {
    }

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)?");
    private static final int THREADS = 2;

    private final Options options;
    private final FaultPlan plan;
    private final SplittableRandom random;
    private final List<Thread> threads = new ArrayList<>();
    private volatile Waits waits = Waits.SYSTEM;
    private volatile Runnable onRequest = () -> { };
    /** Those inside a completion, which must not wait for completions. */
    private final Set<Thread> completing = Collections.synchronizedSet(new HashSet<>());

    // The rest is guarded by this.
    private final SimulatedDirectory directory;
    private final List<Transfer> queue = new ArrayList<>();
    private final List<Transfer> stalled = new ArrayList<>();
    private final List<Transfer> late = new ArrayList<>();
    private final List<Transfer> echoes = new ArrayList<>();
    private final List<Interrupted> interrupted = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private final List<SimulatedInode> unlinked = new ArrayList<>();
    /** What completions threw, which is a bug of ours. */
    private final List<Throwable> bugs = new ArrayList<>();
    /** Counts changes of files and directory. */
    private long time;
    private int openFiles;
    private int unfinished;
    private boolean isSpared;
    private boolean off;
    private boolean closed;

    /** An empty disk without faults. */
    public SimulatedDisk(Options options) {
        this(options, FaultPlan.none());
    }

    /** An empty disk. The plan is its own: no other disk may have the same. */
    public SimulatedDisk(Options options, FaultPlan plan) {
        this(options, plan, new SimulatedDirectory());
    }

    private SimulatedDisk(Options options, FaultPlan plan, SimulatedDirectory directory) {
        this.options = options;
        this.plan = plan;
        this.directory = directory;
        this.random = new SplittableRandom(options.seed);
        for (int i = 0; options.mode == Mode.THREADS && i < THREADS; i++) {
            threads.add(Thread.ofPlatform().daemon().name("simulated disk " + i).start(this::serve));
        }
    }

    @Override
    public int alignmentBytes() {
        return options.alignmentBytes;
    }

    @Override
    public String model() {
        return "simulated";
    }

    /** Enough to make the same disk again. */
    @Override
    public String toString() {
        return "simulated disk, " + options + ", " + plan;
    }

    /**
     * Lets whoever steers the threads that use the disk steer its waits too.
     *
     * @param whenAsked called on the asking thread behind each request, which nobody may have carried out yet
     */
    public void steer(Waits steered, Runnable whenAsked) {
        waits = steered;
        onRequest = whenAsked;
    }

    /** Whether nothing that is asked for from here on meets a fault, whatever the plan says. */
    public synchronized void spare(boolean spared) {
        isSpared = spared;
    }

    /** From here on all files together may grow by so many bytes, in whole sectors. */
    public synchronized void leaveRoom(long bytes) {
        plan.budget(bytes == Long.MAX_VALUE ? bytes : occupiedBytes() + bytes);
    }

    // --- what a test sees ---

    /** Everything the disk was asked to do that may fail, in order; the index of a step is what a {@link FaultPlan} calls it by. */
    public synchronized List<Step> steps() {
        return List.copyOf(steps);
    }

    /** How many steps there were. */
    synchronized int stepCount() {
        return steps.size();
    }

    /** The faults that were met. */
    public synchronized List<Fault> met() {
        return steps.stream().map(Step::fault).filter(fault -> fault != null).toList();
    }

    /** How many files are open. */
    public synchronized int openFiles() {
        return openFiles;
    }

    /** How many requests wait to be carried out, neither stalled nor late. */
    public synchronized int queued() {
        return queue.size();
    }

    /** How many requests are held back by {@link Fault#LATE}. */
    public synchronized int late() {
        return late.size();
    }

    /** How many requests are held back by {@link Fault#STALL}. */
    public synchronized int stalled() {
        return stalled.size();
    }

    // --- directory ---

    @Override
    public DeviceFile create(String name) {
        check(name);
        return step(Io.CREATE, "create " + name, () -> {
            requireNotClosed(name);
            if (directory.get(name) != null || !directory.canHold(name)) {
                throw new IoFault(name + " is there already, or cannot be, on the simulated disk, and is not overwritten");
            }
            SimulatedInode inode = new SimulatedInode(options.sectorBytes);
            directory.name(inode, name, ++time);
            return inode;
        }, inode -> handle(name, inode));
    }

    @Override
    public DeviceFile open(String name) {
        check(name);
        if (completing.contains(Thread.currentThread())) {
            addBug(new IllegalStateException(name + " is opened inside of a completion, which that may block"));
        }
        return step(Io.OPEN, "open " + name, () -> {
            requireNotClosed(name);
            return existing(name, "open");
        }, inode -> handle(name, inode));
    }

    private void requireNotClosed(String name) {
        if (closed) {
            throw new IoFault("the device is closed: " + name);
        }
    }

    private SimulatedFile handle(String name, SimulatedInode inode) {
        openFiles++;
        inode.opened();
        return new SimulatedFile(this, name, inode);
    }

    private SimulatedInode existing(String name, String what) {
        SimulatedInode inode = directory.get(name);
        if (inode == null) {
            throw new IoFault("there is no file " + name + " to " + what + " on the simulated disk");
        }
        return inode;
    }

    @Override
    public synchronized boolean exists(String name) {
        check(name);
        requirePower("look for " + name);
        return directory.get(name) != null;
    }

    @Override
    public List<String> list() {
        return step(Io.LIST, "list", directory::list, names -> names);
    }

    @Override
    public void rename(String from, String to) {
        check(from);
        check(to);
        step(Io.RENAME, "rename " + from + " to " + to, () -> {
            SimulatedInode inode = existing(from, "rename");
            if (!directory.canHold(to)) {
                throw new IoFault("there cannot be a file " + to + " on the simulated disk");
            }
            if (!from.equals(to)) {
                keepWhileOpen(directory.get(to));
                directory.name(inode, to, ++time);
            }
            return inode;
        }, inode -> inode);
    }

    @Override
    public void delete(String name) {
        check(name);
        step(Io.DELETE, "delete " + name, () -> {
            SimulatedInode inode = existing(name, "delete");
            keepWhileOpen(inode);
            directory.delete(name, ++time);
            return inode;
        }, inode -> inode);
    }

    /** A file without a name takes its room until it is closed. */
    private void keepWhileOpen(SimulatedInode inode) {
        if (inode != null && inode.isOpen()) {
            unlinked.add(inode);
        }
    }

    @Override
    public void syncDirectory() {
        step(Io.SYNC_DIRECTORY, "sync of the directory", () -> {
            directory.sync();
            return directory;
        }, synced -> synced);
    }

    private static void check(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("'" + name + "' is no name of a file of a store");
        }
    }

    private void requirePower(String what) {
        if (off) {
            throw new IoFault("the machine is off: " + what);
        }
    }

    private <S, T> T step(Io io, String what, Supplier<S> work, Function<S, T> result) {
        T answer = stepAtOnce(io, what, work, result);
        onRequest.run();
        return answer;
    }

    /** Does something at once, under the lock, if no fault prevents it; what fails in the caller's eyes may have happened all the same. */
    private synchronized <S, T> T stepAtOnce(Io io, String what, Supplier<S> work, Function<S, T> result) {
        requirePower(what);
        Fault fault = meet(io, what);
        if (fault == null) {
            return result.apply(work.get());
        }
        boolean done = false;
        switch (fault) {
            case LYING_SYNC -> {
                return null;
            }
            case SYNC_FAILS -> directory.failSync(random);
            case ENOSPC -> throw new FullFault(Place.DISK, what + ": no space left on the simulated disk");
            default -> done = io != Io.SYNC_DIRECTORY && random.nextBoolean();
        }
        if (done) {
            work.get();
        }
        if (fault == Fault.POWER_LOSS) {
            switchOff();
        }
        throw new IoFault(what + " meets " + fault);
    }

    private Fault meet(Io io, String what) {
        Fault fault = isSpared ? null : plan.next(steps.size(), io);
        steps.add(new Step(io, what, fault));
        return fault;
    }

    // --- files ---

    synchronized long sizeBytes(SimulatedFile file) {
        requirePower("size of " + file.path());
        requireOpen(file);
        return file.inode.length();
    }

    void truncate(SimulatedFile file, long sizeBytes) {
        step(Io.TRUNCATE, "truncation of " + file.path() + " to " + sizeBytes + " bytes", () -> {
            requireOpen(file);
            if (sizeBytes < 0 || sizeBytes > file.inode.length()) {
                throw new IllegalArgumentException("cannot cut " + file.path() + " of " + file.inode.length() + " bytes off behind " + sizeBytes);
            }
            file.inode.truncate(sizeBytes, ++time);
            return file;
        }, done -> done);
    }

    private void requireOpen(SimulatedFile file) {
        if (file.closed) {
            throw new IoFault("the file is closed: " + file.path());
        }
    }

    void close(SimulatedFile file) {
        boolean first;
        synchronized (this) {
            first = !file.closed;
            file.closed = true;
        }
        finish(file);
        if (first) {
            giveBack(file);
        }
    }

    private synchronized void giveBack(SimulatedFile file) {
        openFiles--;
        file.inode.closed();
        if (!file.inode.isOpen()) {
            unlinked.remove(file.inode);
        }
    }

    // --- transfers ---

    void submit(SimulatedFile file, Io io, IoRequest request, long offset, long address, int lengthBytes) {
        if (((offset | address | lengthBytes) & options.alignmentBytes - 1) != 0 || offset < 0 || lengthBytes < 0) {
            throw new IllegalArgumentException(io + " of " + lengthBytes + " bytes at " + offset + ", memory at " + address
                + ", on a disk aligned to " + options.alignmentBytes);
        }
        long ticket = request.submitted(IoRequest.Kind.valueOf(io.name()), file, offset, address, lengthBytes);
        Transfer transfer = null;
        String refusal = null;
        List<Transfer> due = List.of();
        synchronized (this) {
            if (closed) {
                refusal = "the device is closed: ";
            } else if (file.closed) {
                refusal = "the file is closed: ";
            } else if (off) {
                refusal = "the machine is off: ";
            } else {
                String what = request.toString();
                long index = steps.size();
                Fault fault = meet(io, what);
                transfer = new Transfer(request, ticket, file, io, offset, address, lengthBytes, what, fault, time, index + 1 + random.nextInt(4));
                unfinished++;
                file.unfinished++;
                accept(transfer);
                due = takeDue(index);
            }
        }
        if (refusal != null) {
            request.complete(ticket, new IoFault(refusal + request));
            return;
        }
        due.forEach(this::carryOut);
        if (options.mode == Mode.INLINE && take(transfer)) {
            carryOut(transfer);
        }
        onRequest.run();
    }

    private void accept(Transfer transfer) {
        if (transfer.fault == Fault.STALL) {
            stalled.add(transfer);
        } else if (transfer.fault == Fault.LATE) {
            late.add(transfer);
        } else {
            queue.add(transfer);
        }
        notifyAll();
    }

    private List<Transfer> takeDue(long index) {
        List<Transfer> due = late.stream().filter(transfer -> transfer.dueIndex <= index).toList();
        late.removeAll(due);
        return due;
    }

    private synchronized boolean take(Transfer transfer) {
        return queue.remove(transfer);
    }

    /** Carries out one waiting request, drawn from the seed; false if there is none. */
    public boolean runOne() {
        Transfer transfer;
        synchronized (this) {
            if (queue.isEmpty()) {
                return false;
            }
            transfer = queue.remove(random.nextInt(queue.size()));
        }
        carryOut(transfer);
        return true;
    }

    /** Carries out what waits, and what is submitted by its completions. */
    public void runAll() {
        boolean more = true;
        while (more) {
            more = runOne();
        }
    }

    /** Carries out what {@link Fault#LATE} holds back; how many requests that were. */
    public int releaseLate() {
        List<Transfer> due;
        synchronized (this) {
            due = takeDue(Long.MAX_VALUE);
        }
        due.forEach(this::carryOut);
        return due.size();
    }

    /** Fails what {@link Fault#STALL} holds back, which a device does only when it closes; how many requests that were. */
    public int failStalled() {
        return failStalled(null);
    }

    private int failStalled(SimulatedFile file) {
        List<Transfer> failed;
        synchronized (this) {
            failed = stalled.stream().filter(transfer -> file == null || transfer.file == file).toList();
            stalled.removeAll(failed);
        }
        failed.forEach(transfer -> complete(transfer, new IoFault(transfer.what + " stalled until it was given up")));
        return failed.size();
    }

    private void serve() {
        for (;;) {
            synchronized (this) {
                while (queue.isEmpty() && !closed) {
                    try {
                        wait();
                    } catch (InterruptedException nobodysBusiness) {
                        continue; // the thread is ours alone
                    }
                }
                if (queue.isEmpty()) {
                    return;
                }
            }
            runOne();
        }
    }

    private void carryOut(Transfer transfer) {
        StoreFault fault;
        synchronized (this) {
            fault = off ? new IoFault("the machine is off: " + transfer.what) : performed(transfer);
        }
        complete(transfer, fault);
    }

    private void complete(Transfer transfer, StoreFault fault) {
        if (transfer.fault == Fault.FOREIGN_THREAD) {
            waits.detach("stranger", () -> completeHere(transfer, fault));
        } else {
            completeHere(transfer, fault);
        }
    }

    private void completeHere(Transfer transfer, StoreFault fault) {
        boolean outermost = completing.add(Thread.currentThread());
        try {
            echo();
            transfer.request.complete(transfer.ticket, fault);
            if (transfer.fault == Fault.DOUBLE_COMPLETION) {
                transfer.request.complete(transfer.ticket, fault == null ? new IoFault("the second completion of " + transfer.what) : null);
                synchronized (this) {
                    echoes.add(transfer);
                }
            }
        } catch (Throwable bug) { // as on a thread of a device: nobody there can handle it
            synchronized (this) {
                bugs.add(bug);
            }
        } finally {
            if (outermost) {
                completing.remove(Thread.currentThread());
            }
            synchronized (this) {
                unfinished--;
                transfer.file.unfinished--;
                notifyAll();
            }
        }
    }

    /** Completes once more what was completed long ago, and perhaps submitted again. */
    private void echo() {
        List<Transfer> again;
        synchronized (this) {
            again = List.copyOf(echoes);
            echoes.clear();
        }
        again.forEach(transfer -> transfer.request.complete(transfer.ticket, new IoFault("the third completion of " + transfer.what)));
    }

    private StoreFault performed(Transfer transfer) {
        if (transfer.fault == Fault.POWER_LOSS) {
            queue.add(transfer); // among what the loss interrupts
            switchOff();
            queue.remove(transfer);
            return new IoFault(transfer.what + " meets " + Fault.POWER_LOSS);
        }
        try {
            return switch (transfer.io) {
                case READ -> read(transfer);
                case WRITE -> write(transfer);
                default -> sync(transfer);
            };
        } catch (RuntimeException | Error wrong) { // as the devices do: the caller hears of it where it waits
            return new IoFault(transfer.what + " failed", wrong);
        }
    }

    private StoreFault read(Transfer transfer) {
        SimulatedInode inode = transfer.file.inode;
        int length = transfer.lengthBytes;
        if (length > 0 && transfer.offset + length > inode.length()) {
            return new IoFault(transfer.what + " failed: the file ends at " + inode.length());
        }
        if (transfer.fault == Fault.BAD_SECTOR) {
            inode.markBad(transfer.offset);
        }
        if (inode.hasBadSector(transfer.offset, length)) {
            return new IoFault(transfer.what + " meets a bad sector");
        }
        byte[] bytes = inode.read(transfer.offset, length);
        switch (transfer.fault) {
            case EIO -> {
                random.nextBytes(bytes);
                AnyBytes.put(transfer.address, bytes);
                return new IoFault(transfer.what + " meets " + transfer.fault);
            }
            case SHORT -> {
                AnyBytes.put(transfer.address, bytes, length / 2);
                return new IoFault(transfer.what + " meets " + transfer.fault + ": " + length / 2 + " bytes came");
            }
            case BIT_FLIP_ON_READ -> {
                if (length > 0) {
                    bytes[random.nextInt(length)] ^= (byte) (1 << random.nextInt(8));
                }
            }
            case STALE_READ -> bytes = inode.readStale(transfer.offset, length);
            case MISDIRECTED -> {
                SimulatedInode other = anyInode(inode);
                bytes = other.read(otherPlace(other, transfer.offset), length);
            }
            case null, default -> {
                // the others say nothing of what is read
            }
        }
        AnyBytes.put(transfer.address, bytes);
        return null;
    }

    private StoreFault write(Transfer transfer) {
        SimulatedInode inode = transfer.file.inode;
        byte[] bytes = AnyBytes.get(transfer.address, transfer.lengthBytes);
        if (inode.growthBytes(transfer.offset, bytes.length) > plan.budgetBytes() - occupiedBytes()) {
            return full(transfer, inode, bytes);
        }
        boolean[] stored = someSectors(transfer.offset, bytes.length);
        switch (transfer.fault) {
            case EIO -> {
                inode.write(transfer.offset, bytes, i -> stored[i], ++time);
                return new IoFault(transfer.what + " meets " + transfer.fault);
            }
            case SHORT -> {
                inode.write(transfer.offset, Arrays.copyOf(bytes, bytes.length / 2), SimulatedInode.SectorMask.ALL, ++time);
                return new IoFault(transfer.what + " meets " + transfer.fault + ": " + bytes.length / 2 + " bytes were written");
            }
            case ENOSPC -> {
                return full(transfer, inode, bytes);
            }
            case TORN -> inode.write(transfer.offset, bytes, i -> stored[i], ++time);
            case LOST -> time++;
            case MISDIRECTED -> {
                SimulatedInode other = anyInode(inode);
                other.write(otherPlace(other, transfer.offset), bytes, SimulatedInode.SectorMask.ALL, ++time);
            }
            case null, default -> inode.write(transfer.offset, bytes, SimulatedInode.SectorMask.ALL, ++time);
        }
        return null;
    }

    /** For each sector of a transfer whether it is meant: at least one is, and at least one is not; a single one is not. */
    private boolean[] someSectors(long offset, int lengthBytes) {
        boolean[] some = new boolean[(int) ((offset % options.sectorBytes + lengthBytes + options.sectorBytes - 1) / options.sectorBytes)];
        for (int i = 0; i < some.length; i++) {
            some[i] = random.nextBoolean();
        }
        if (some.length > 0) {
            int in = random.nextInt(some.length);
            some[in] = true;
            some[(in + random.nextInt(1, Math.max(2, some.length))) % some.length] = false;
        }
        return some;
    }

    private StoreFault full(Transfer transfer, SimulatedInode inode, byte[] bytes) {
        long room = plan.budgetBytes() - occupiedBytes();
        int fitting = random.nextInt(1 + bytes.length / options.sectorBytes) * options.sectorBytes;
        if (fitting > 0 && inode.growthBytes(transfer.offset, fitting) <= room) {
            inode.write(transfer.offset, Arrays.copyOf(bytes, fitting), SimulatedInode.SectorMask.ALL, ++time);
        }
        return new FullFault(Place.DISK, transfer.what + ": no space left on the simulated disk");
    }

    /** What a budget is for, files that were removed and are still open included. */
    public synchronized long occupiedBytes() {
        long bytes = 0;
        for (SimulatedInode inode : directory.inodes()) {
            bytes += inode.occupiedBytes();
        }
        for (SimulatedInode inode : unlinked) {
            bytes += inode.occupiedBytes();
        }
        return bytes;
    }

    /** Mostly the file that was meant. */
    private SimulatedInode anyInode(SimulatedInode meant) {
        List<SimulatedInode> inodes = directory.inodes();
        return inodes.isEmpty() || random.nextInt(3) > 0 ? meant : inodes.get(random.nextInt(inodes.size()));
    }

    /** A place in whole sectors from the one that was meant, within or right behind the file. */
    private long otherPlace(SimulatedInode inode, long meant) {
        long sectors = inode.length() / options.sectorBytes + 2;
        long place = random.nextLong(sectors) * options.sectorBytes + meant % options.sectorBytes;
        return place == meant ? place + options.sectorBytes : place;
    }

    private StoreFault sync(Transfer transfer) {
        SimulatedInode inode = transfer.file.inode;
        switch (transfer.fault) {
            case LYING_SYNC -> time++;
            case ENOSPC -> {
                inode.failSync(transfer.syncTime, random);
                return new FullFault(Place.DISK, transfer.what + ": no space left on the simulated disk");
            }
            case SYNC_FAILS, EIO -> {
                if (transfer.fault == Fault.SYNC_FAILS) {
                    inode.failSync(transfer.syncTime, random);
                }
                return new IoFault(transfer.what + " meets " + transfer.fault);
            }
            case null, default -> inode.sync(transfer.syncTime);
        }
        return null;
    }

    // --- the end ---

    /** From here on everything fails; writes under way are remembered as they are. */
    private void switchOff() {
        interrupted.addAll(underWay());
        off = true;
    }

    private List<Interrupted> underWay() {
        List<Interrupted> writes = new ArrayList<>(interrupted);
        for (List<Transfer> transfers : List.of(queue, late, stalled)) {
            for (Transfer transfer : transfers) {
                if (!off && transfer.io == Io.WRITE && transfer.lengthBytes > 0) {
                    writes.add(new Interrupted(transfer.file.inode, transfer.offset, AnyBytes.get(transfer.address, transfer.lengthBytes)));
                }
            }
        }
        return writes;
    }

    /** A disk as a power loss at this moment may leave it: one of the legal outcomes, drawn from the seed; nothing of it is volatile. */
    public SimulatedDisk crash(long seed) {
        return crash(seed, FaultPlan.none());
    }

    /** Like {@link #crash(long)}, with faults on the disk that is left. */
    public synchronized SimulatedDisk crash(long seed, FaultPlan newPlan) {
        SplittableRandom crash = new SplittableRandom(seed);
        CrashStyle style = CrashStyle.of(crash);
        SimulatedDirectory state = snapshot(crash, style == CrashStyle.LOST ? 0 : 1);
        long cut = crash.nextLong(time + 2);
        SimulatedDirectory left = state.crash(style, cut, crash).copy(inode -> inode.crash(style, cut, options.garbage, crash));
        return new SimulatedDisk(options.seed(seed), newPlan, left);
    }

    /** A disk as the death of this process at this moment leaves it: all that was completed is there, and what was not synced still volatile. */
    public SimulatedDisk kill(long seed) {
        return kill(seed, FaultPlan.none());
    }

    /** Like {@link #kill(long)}, with faults on the disk that is left. */
    public synchronized SimulatedDisk kill(long seed, FaultPlan newPlan) {
        SimulatedDisk left = new SimulatedDisk(options.seed(seed), newPlan, snapshot(new SplittableRandom(seed), 1));
        synchronized (left) {
            left.time = time + 1;
        }
        return left;
    }

    /** A copy of everything, in which each sector of an unfinished write may have come with the given probability of a half. */
    private SimulatedDirectory snapshot(SplittableRandom chance, int halves) {
        List<Interrupted> writes = underWay();
        return directory.copy(inode -> {
            SimulatedInode copy = inode.copy();
            for (Interrupted write : writes) {
                if (write.inode == inode) {
                    copy.write(write.offset, write.bytes, _ -> chance.nextInt(2) < halves, time + 1);
                }
            }
            return copy;
        });
    }

    private synchronized void addBug(Throwable bug) {
        bugs.add(bug);
    }

    /** Of all names and bytes, as they are read. */
    public synchronized long contentHash() {
        long hash = 0;
        for (String name : directory.list()) {
            SimulatedInode inode = directory.get(name);
            hash = (hash * 31 + name.hashCode()) * 31 + Arrays.hashCode(inode.read(0, Math.toIntExact(inode.length())));
        }
        return hash;
    }

    /** What completions threw, none of which may, and what they did that they must not. */
    public synchronized List<Throwable> bugs() {
        return List.copyOf(bugs);
    }

    /** Carries out, or gives up, what is under way on a file, or on all, and waits for the completions. */
    private void finish(SimulatedFile file) {
        if (completing.contains(Thread.currentThread())) {
            throw new IllegalStateException("a close inside of a completion, which it would wait for");
        }
        failStalled(file);
        for (int attempt = 0; ; ) {
            Transfer next;
            synchronized (this) {
                next = takeOf(late, file);
                next = next == null && options.mode != Mode.THREADS ? takeOf(queue, file) : next;
                if (next == null && (file == null ? unfinished : file.unfinished) == 0) {
                    return;
                }
            }
            if (next != null) {
                carryOut(next);
            } else {
                waits.pause(attempt++);
            }
        }
    }

    private Transfer takeOf(List<Transfer> transfers, SimulatedFile file) {
        List<Transfer> candidates = transfers.stream().filter(transfer -> file == null || transfer.file == file).toList();
        if (candidates.isEmpty()) {
            return null;
        }
        Transfer taken = candidates.get(random.nextInt(candidates.size()));
        transfers.remove(taken);
        return taken;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        finish(null);
    }
}
