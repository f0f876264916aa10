package io.tideline.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CheckpointFilesTest {
    @Test
    void shouldFindTheFileOfTheNewestCheckpointThatHasOne() {
        List<String> names = List.of("IDENTITY", "checkpoints/1-index", "checkpoints/10-index", "checkpoints/9-index", "checkpoints/11-log", "log/000000000012", "other/12-index");
        assertEquals(Optional.of("checkpoints/10-index"), CheckpointFiles.newest(names, "index"));
        assertEquals(Optional.of("checkpoints/11-log"), CheckpointFiles.newest(names, "log"));
        assertEquals(Optional.empty(), CheckpointFiles.newest(names, "dex"));
    }
}
