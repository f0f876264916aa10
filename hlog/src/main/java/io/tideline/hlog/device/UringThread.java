package io.tideline.hlog.device;

import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.memory.IoUring;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * The thread that hands the requests of a device to the kernel through one {@link IoUring} and completes them. Callers hand theirs to this
 * thread, because the kernel cancels what a thread has under way when it ends, and theirs may.
 *
 * <p><b>State.</b> Under the monitor of {@code waiting}: the requests that wait, whether the thread sleeps or is about to, and how far the
 * close has come. Everything else belongs to the thread.
 *
 * <p><b>Invariants.</b> (1) The thread announces its sleep under the monitor, after it found nothing waiting; whoever adds a request to a
 * sleeping thread wakes it, under the monitor too. (2) The ring is closed after {@code ended} was set there, so nobody wakes a closed ring.
 */
final class UringThread {
    /** More requests waiting than this are refused; callers bound theirs far below. */
    private static final int MAX_WAITING = 8192;
    private static final int ENTRIES = 256;
    /** One entry wakes the thread. */
    private static final int DEPTH = ENTRIES - 1;

    private final ArrayDeque<IoRequest> waiting = new ArrayDeque<>();
    private boolean asleep;
    private boolean closed;
    private boolean ended;

    private final Thread thread;
    private final IoUring ring;
    private final Transfer[] transfers = new Transfer[DEPTH];
    private final ArrayDeque<Transfer> idle = new ArrayDeque<>();
    /** What the kernel did in part only. */
    private final ArrayDeque<Transfer> again = new ArrayDeque<>();
    private final List<Transfer> taken = new ArrayList<>();

    /** A request in the hands of the kernel. */
    private static final class Transfer {
        private final int number;
        private IoRequest request;
        private long ticket;
        private int doneBytes;
        private int tries;

        private Transfer(int number) {
            this.number = number;
        }
    }

    UringThread(String name) throws IoUring.Refusal {
        for (int i = 0; i < DEPTH; i++) {
            transfers[i] = new Transfer(i);
            idle.push(transfers[i]);
        }
        CompletableFuture<IoUring> opened = new CompletableFuture<>();
        CompletableFuture<Void> begun = new CompletableFuture<>();
        thread = Thread.ofPlatform().daemon().name(name).start(() -> {
            try {
                opened.complete(IoUring.open(ENTRIES)); // here: a ring belongs to the thread that opens it
            } catch (Throwable refused) {
                opened.completeExceptionally(refused);
                return;
            }
            begun.join();
            run();
        });
        try {
            ring = opened.join();
        } catch (CompletionException failed) {
            switch (failed.getCause()) {
                case IoUring.Refusal refusal -> throw refusal;
                case RuntimeException cause -> throw cause;
                case Throwable cause -> throw failed;
            }
        }
        begun.complete(null);
    }

    /** Takes a request that was submitted, or completes it with a fault. */
    void accept(IoRequest request) {
        String refusal = null;
        synchronized (waiting) {
            if (closed) {
                refusal = "the device is closed: " + request;
            } else if (waiting.size() >= MAX_WAITING) {
                refusal = "more than " + MAX_WAITING + " requests are waiting for the device: " + request;
            } else {
                waiting.add(request);
                wakeIfAsleep();
            }
        }
        if (refusal != null) {
            complete(request, request.ticket(), new IoFault(refusal));
        }
    }

    private void wakeIfAsleep() {
        if (asleep && !ended) {
            asleep = false;
            ring.wake();
        }
    }

    private void run() {
        try {
            while (takeWaiting()) {
                taken.forEach(this::prepare);
                for (Transfer transfer = again.poll(); transfer != null; transfer = again.poll()) {
                    prepare(transfer);
                }
                ring.enter(this::completed);
            }
            ring.close();
        } catch (Throwable bug) {
            // The ring is leaked rather than taken from under the kernel, which may still write through it.
            failAll(new IoFault("the thread of the device ended: " + bug, bug));
        }
    }

    /** Takes what waits as far as there is room, and announces that the thread will sleep; false if it is to end. */
    private boolean takeWaiting() {
        taken.clear();
        synchronized (waiting) {
            while (!idle.isEmpty() && !waiting.isEmpty()) {
                Transfer transfer = idle.pop();
                transfer.request = waiting.remove();
                transfer.ticket = transfer.request.ticket();
                transfer.doneBytes = 0;
                transfer.tries = 0;
                taken.add(transfer);
            }
            asleep = waiting.isEmpty(); // what finds no room is taken after a completion, which ends the sleep too
            ended = closed && waiting.isEmpty() && idle.size() == DEPTH;
            return !ended;
        }
    }

    private void prepare(Transfer transfer) {
        IoRequest request = transfer.request;
        IoUring.Operation operation = switch (request.kind()) {
            case READ -> IoUring.Operation.READ;
            case WRITE -> IoUring.Operation.WRITE;
            case SYNC -> IoUring.Operation.SYNC;
        };
        boolean moves = operation != IoUring.Operation.SYNC; // a sync of the whole file has neither offset nor length
        ring.prepare(operation, ((UringFile) request.file()).file, moves ? request.offset() + transfer.doneBytes : 0,
                moves ? request.address() + transfer.doneBytes : 0, moves ? request.lengthBytes() - transfer.doneBytes : 0, transfer.number);
    }

    private void completed(long number, int result) {
        Transfer transfer = transfers[(int) number];
        IoRequest request = transfer.request;
        if (IoUring.isTransient(result) && ++transfer.tries < CallerRead.MAX_TRIES) {
            again.add(transfer);
        } else if (result < 0) {
            finish(transfer, CallerRead.failure(request, result));
        } else if (request.kind() == IoRequest.Kind.SYNC || transfer.doneBytes + result == request.lengthBytes()) {
            finish(transfer, null);
        } else {
            transfer.doneBytes += result;
            if (request.kind() == IoRequest.Kind.READ && CallerRead.isEnd(result, transfer.doneBytes, ((UringFile) request.file()).unitBytes)) {
                finish(transfer, CallerRead.endOfFile(request, transfer.doneBytes));
            } else if (result > 0 || ++transfer.tries < CallerRead.MAX_TRIES) {
                again.add(transfer);
            } else {
                finish(transfer, new IoFault(request + " failed: the kernel writes nothing"));
            }
        }
    }

    private void finish(Transfer transfer, StoreFault fault) {
        IoRequest request = transfer.request;
        transfer.request = null;
        idle.push(transfer);
        complete(request, transfer.ticket, fault);
    }

    private static void complete(IoRequest request, long ticket, StoreFault fault) {
        ((CountedFile) request.file()).complete(request, ticket, fault);
    }

    private void failAll(StoreFault fault) {
        List<IoRequest> left;
        synchronized (waiting) {
            closed = true;
            ended = true;
            left = new ArrayList<>(waiting);
            waiting.clear();
        }
        for (Transfer transfer : transfers) {
            if (transfer.request != null) {
                finish(transfer, fault);
            }
        }
        left.forEach(request -> complete(request, request.ticket(), fault));
    }

    /** Carries out what waits, then ends the thread; idempotent. */
    void close() {
        synchronized (waiting) {
            closed = true;
            wakeIfAsleep();
        }
        IoThreads.join(thread);
    }
}
