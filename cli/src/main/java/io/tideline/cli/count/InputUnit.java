package io.tideline.cli.count;

import java.util.function.LongConsumer;

/** A piece of the input that one thread reads at once: a file, a slice of a large one, or one entry of an archive. */
@FunctionalInterface
interface InputUnit {

    /**
     * Shows every document of this unit to {@code reader}; a unit has several if it is an archive inside an archive.
     *
     * @param sizeDone told how much of {@link Inputs#sizeBytes()} is done, as it goes
     * @throws io.tideline.cli.console.Failure if it cannot be read, naming it
     */
    void read(DocumentReader reader, LongConsumer sizeDone);
}
