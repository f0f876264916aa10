package io.tideline.memory;

/** The default door. */
class SegmentDoorTest extends DoorSpec {
    private Region region;

    @Override
    Door open() {
        return SegmentDoor.open();
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
