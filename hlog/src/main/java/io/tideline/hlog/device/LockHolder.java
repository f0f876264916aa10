package io.tideline.hlog.device;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The process that took a directory, as it signs in the LOCK file for others to read. Only the lock of the operating system says that a
 * directory is taken; the signature says by whom, and stays behind when its process ends.
 *
 * @param started when the process began, in ISO 8601, or {@code ?}
 */
record LockHolder(long pid, String started, String user, String host) {
    /** What a signature takes, always: a later one overwrites it in place, which needs no room on a full disk. */
    static final int SIZE_BYTES = 512;

    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");
    private static final int MAX_FIELD_CHARACTERS = 100;

    static LockHolder thisProcess() {
        ProcessHandle self = ProcessHandle.current();
        return new LockHolder(self.pid(), self.info().startInstant().map(Object::toString).orElse("?"),
                System.getProperty("user.name", "?"), hostName());
    }

    private static String hostName() {
        try {
            return Files.readString(HOST_NAME).strip();
        } catch (IOException elsewhere) {
            return Objects.requireNonNullElse(System.getenv("COMPUTERNAME"), "?"); // not on Linux
        }
    }

    void sign(RandomAccessFile file) throws IOException {
        byte[] text = ("pid " + pid + "\nstarted " + clean(started) + "\nuser " + clean(user) + "\nhost " + clean(host) + "\n")
                .getBytes(StandardCharsets.UTF_8);
        byte[] padded = Arrays.copyOf(text, SIZE_BYTES);
        Arrays.fill(padded, Math.min(text.length, SIZE_BYTES), SIZE_BYTES, (byte) '\n');
        file.seek(0);
        file.write(padded);
    }

    /** Who signed last, or null if nobody did legibly. */
    static LockHolder signedIn(RandomAccessFile file) throws IOException {
        byte[] signature = new byte[(int) Math.min(file.length(), SIZE_BYTES)];
        file.seek(0);
        file.readFully(signature);
        Map<String, String> fields = new HashMap<>();
        new String(signature, StandardCharsets.UTF_8).lines()
                .map(line -> line.split(" ", 2)).filter(pair -> pair.length == 2).forEach(pair -> fields.put(pair[0], clean(pair[1])));
        String pid = fields.getOrDefault("pid", "");
        return pid.matches("\\d{1,18}") ? new LockHolder(Long.parseLong(pid), fields.getOrDefault("started", "?"),
                fields.getOrDefault("user", "?"), fields.getOrDefault("host", "?")) : null;
    }

    /** Others may have written the file: nothing of it disturbs a terminal or a log. */
    private static String clean(String field) {
        String shown = field.replaceAll("[^\\p{Print}]", "?");
        return shown.substring(0, Math.min(shown.length(), MAX_FIELD_CHARACTERS));
    }

    @Override
    public String toString() {
        return "process " + pid + " of user " + user + " on host " + host + ", running since " + started;
    }
}
