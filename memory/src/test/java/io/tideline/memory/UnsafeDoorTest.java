package io.tideline.memory;

/** The Unsafe door, which the flags of the test JVM open. */
class UnsafeDoorTest extends DoorSpec {
    private Region region;

    @Override
    Door open() {
        return UnsafeDoor.open();
    }

    @Override
    long allocate(Door door) {
        region = Region.allocate(BLOCK_BYTES, false);
        return region.address();
    }

    @Override
    void free() {
        region.close();
    }
}
