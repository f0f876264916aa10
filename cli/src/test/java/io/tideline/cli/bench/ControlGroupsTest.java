package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlGroupsTest {

    @TempDir
    private Path root;

    private Optional<ControlGroups.Parent> parent(String membership, String... mounts) throws IOException {
        Path table = Files.write(root.resolve("mountinfo"), List.of(mounts));
        return new ControlGroups(table, Files.writeString(root.resolve("cgroup"), membership)).parent();
    }

    private Path group(String name, String handedDown) throws IOException {
        Path group = Files.createDirectories(root.resolve(name));
        Files.writeString(group.resolve("cgroup.subtree_control"), handedDown + "\n");
        return group;
    }

    @Test
    void shouldClimbToTheNearestGroupThatHandsMemoryDown() throws IOException {
        group("v2", "cpu memory");
        Path slice = group("v2/user.slice", "memory pids");
        group("v2/user.slice/shell", "");
        assertEquals(Optional.of(ControlGroups.Parent.ofVersion2(slice)),
                parent("0::/user.slice/shell\n", "41 31 0:38 / " + root.resolve("v2") + " rw,relatime shared:4 - cgroup2 cgroup2 rw"));
    }

    @Test
    void shouldNotClimbOutOfTheMount() throws IOException {
        group("", "memory");
        group("v2", "cpu");
        assertEquals(Optional.empty(), parent("0::/\n", "41 31 0:38 / " + root.resolve("v2") + " rw - cgroup2 cgroup2 rw"));
    }

    @Test
    void shouldTakeVersionOneWhereMemoryIsThere() throws IOException {
        group("v2", "");
        Path own = Files.createDirectories(root.resolve("memory/service/42"));
        assertEquals(Optional.of(ControlGroups.Parent.ofVersion1(own)),
                parent("5:cpu:/\n4:memory:/service/42\n0::/\n",
                        "41 31 0:38 / " + root.resolve("v2") + " rw - cgroup2 cgroup2 rw",
                        "34 31 0:31 / " + root.resolve("cpu") + " rw,relatime - cgroup cgroup rw,cpu",
                        "35 31 0:32 / " + root.resolve("memory") + " rw,relatime - cgroup cgroup rw,memory"));
    }

    @Test
    void shouldUnderstandAContainerThatSeesOnlyItsPart() throws IOException {
        Path own = Files.createDirectories(root.resolve("memory/inner"));
        assertEquals(Optional.of(ControlGroups.Parent.ofVersion1(own)),
                parent("4:memory:/docker/abc/inner\n",
                        "35 31 0:32 /docker/abc " + root.resolve("memory") + " rw - cgroup cgroup rw,memory"));
    }

    @Test
    void shouldFindNothingWithoutControlGroups() throws IOException {
        assertEquals(Optional.empty(), parent("", "31 23 0:28 / /tmp rw - tmpfs tmpfs rw,mode=755"));
        assertEquals(Optional.empty(), new ControlGroups(root.resolve("none"), root.resolve("none")).parent());
    }
}
