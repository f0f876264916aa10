package io.tideline.cli.count;

/** Takes the units of the input in their order, to read them now or later. */
@FunctionalInterface
interface UnitConsumer {

    void accept(InputUnit unit);
}
