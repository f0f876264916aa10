package io.tideline.cli.bench;

import java.util.List;
import java.util.Optional;

/** Where the contenders of a race come from. */
interface Contenders {

    /** Builds what the contestant needs to run; answers with a sentence if it cannot run on this machine. */
    Optional<String> prepare(Contestant contestant);

    /** Refuses to let all of these run side by side if the machine has too little memory for them. */
    void requireRoom(List<Contestant> contestants);

    /** Starts a contestant that was prepared. */
    Contender start(Contestant contestant);

    /** What a reader of the result must know of the conditions, a sentence each. */
    List<String> notes();
}
