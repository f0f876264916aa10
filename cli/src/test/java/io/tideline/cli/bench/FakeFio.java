package io.tideline.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A script in the place of fio. It notes its arguments, makes the file that it is to write, writes 1,000 KiB/s or what the variable {@code written} says, reads 2,000 KiB/s in order, and reads anywhere 100 times in a second for
 * each one under way up to a depth of 64, beyond that 1; in batches as many times that as the variable {@code times} says, by default none.
 */
final class FakeFio {

    private static final String SCRIPT = """
            #!/bin/sh
            echo "$@" >> "%1$s"
            for argument; do
              case "$argument" in
                --filename=*) file="${argument#--filename=}" ;;
                --rw=*) kind="${argument#--rw=}" ;;
                --iodepth=*) depth="${argument#--iodepth=}" ;;
                --iodepth_batch_submit=*) batch="${argument#--iodepth_batch_submit=}" ;;
              esac
            done
            %2$s
            if [ "$kind" = write ]; then
              [ -e "$file" ] && exit 9
              echo data > "$file"
              reads=0
              bandwidth=0
            else
              bandwidth=0
              [ "$kind" = read ] && bandwidth=2000
              reads=$((depth * 100))
              [ "$depth" -gt 64 ] && reads=1
              [ -n "$batch" ] && reads=$((reads * ${times:-0}))
            fi
            echo "fio: something to say"
            echo "3;fio-3.36;tideline;0;0;0;$bandwidth;$reads.5;0;%3$s${written:-1000};0;0"
            """;
    /** Fields 10 to 47 of the line, which nobody looks at. */
    private static final String SKIPPED = "0;".repeat(38);

    private FakeFio() {
    }

    /** Makes it in that folder, with a line of shell before it does its work. */
    static Path in(Path folder, Path log, String line) throws IOException {
        Path program = Files.writeString(Files.createDirectories(folder).resolve("fio"), SCRIPT.formatted(log, line, SKIPPED));
        return Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }
}
