package io.tideline.cli.count;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * All lanes, and the units that wait in them: unit i of the input belongs to lane i mod their number, for ever. A thread takes a lane with all
 * that waits in it, the fullest first, so that changing lanes costs little and no lane that is full keeps the others waiting for long.
 */
final class Lanes {

    /** Units that may wait in a lane; each may keep an archive open. */
    private static final int MOST_WAITING = 16;

    private final List<Lane> lanes;
    private final List<List<InputUnit>> waiting = new ArrayList<>();
    private final boolean[] taken;
    private long offered;
    private boolean ended;
    private boolean abandoned;

    /** What one thread does next. */
    record Share(int number, Lane lane, List<InputUnit> units) {
    }

    Lanes(List<Lane> lanes) {
        this.lanes = List.copyOf(lanes);
        this.taken = new boolean[lanes.size()];
        lanes.forEach(_ -> waiting.add(new ArrayList<>()));
    }

    List<Lane> all() {
        return lanes;
    }

    /** Takes the next unit of the input; false if its lane was full all that time. */
    synchronized boolean offer(InputUnit unit, long millis) throws InterruptedException {
        List<InputUnit> lane = waiting.get((int) (offered % lanes.size()));
        if (lane.size() == MOST_WAITING) {
            wait(millis);
        }
        if (lane.size() == MOST_WAITING) {
            return false;
        }
        lane.add(unit);
        offered++;
        notifyAll();
        return true;
    }

    /** There are no more units. */
    synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** Nobody gets anything any more. */
    synchronized void abandon() {
        abandoned = true;
        notifyAll();
    }

    /** Waits for something to do; null when there will be nothing. What was taken is to be given back. */
    synchronized Share take() throws InterruptedException {
        while (!abandoned) {
            int fullest = fullest();
            if (fullest >= 0) {
                taken[fullest] = true;
                List<InputUnit> units = waiting.set(fullest, new ArrayList<>());
                notifyAll();
                return new Share(fullest, lanes.get(fullest), units);
            }
            if (ended && waiting.stream().allMatch(List::isEmpty)) {
                return null;
            }
            wait();
        }
        return null;
    }

    private int fullest() {
        int fullest = -1;
        for (int i = 0; i < taken.length; i++) {
            if (!taken[i] && waiting.get(i).size() > (fullest < 0 ? 0 : waiting.get(fullest).size())) {
                fullest = i;
            }
        }
        return fullest;
    }

    synchronized void giveBack(Share share) {
        taken[share.number()] = false;
        notifyAll();
    }

    @Override
    public synchronized String toString() {
        return lanes.size() + " lanes, taken " + Arrays.toString(taken);
    }
}
