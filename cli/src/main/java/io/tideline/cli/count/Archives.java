package io.tideline.cli.count;

import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Reason;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.function.LongConsumer;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Files that hold files: {@code .zip} and {@code .jar} with entries, {@code .gz} with one file, told apart by the end of their name.
 *
 * <p>An archive inside an archive is opened too; one inside that is counted as the bytes it consists of, so that no input can make the
 * work endless.
 */
final class Archives {

    /** How many archives may stand around a document. */
    private static final int LEVELS = 2;
    private static final int GZIP_BUFFER_BYTES = 1 << 16;

    private Archives() {
    }

    static boolean isZip(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".zip") || lower.endsWith(".jar");
    }

    static boolean isGzip(String name) {
        return name.toLowerCase(Locale.ROOT).endsWith(".gz");
    }

    /** The one unit of a gzip file. */
    static InputUnit gzip(Path file) {
        return (reader, sizeDone) -> {
            try (InputStream packed = new MeteredStream(Files.newInputStream(file), sizeDone)) {
                readGzip(file.toString(), packed, 1, reader);
            } catch (IOException refused) {
                throw cannotRead(file.toString(), refused);
            }
        };
    }

    /** A zip file that closes itself when all of its units are read and {@link #release} was called once more. */
    static final class SharedZip {

        private final String name;
        private final ZipFile zip;
        private final List<? extends ZipEntry> entries;
        private int users = 1;

        private SharedZip(String name, ZipFile zip) {
            this.name = name;
            this.zip = zip;
            List<ZipEntry> files = new ArrayList<>();
            Enumeration<? extends ZipEntry> all = zip.entries();
            while (all.hasMoreElements()) {
                ZipEntry entry = all.nextElement();
                if (!entry.isDirectory()) {
                    files.add(entry);
                }
            }
            this.entries = files;
        }

        static SharedZip open(Path file) {
            try {
                return new SharedZip(file.toString(), new ZipFile(file.toFile()));
            } catch (IOException refused) {
                throw cannotRead(file.toString(), refused);
            }
        }

        /** Passes on one unit an entry, in the order of the archive; together they account for {@code sizeBytes} of the input. */
        void forEachUnit(long sizeBytes, UnitConsumer consumer) {
            long packedBytes = entries.stream().mapToLong(entry -> Math.max(entry.getCompressedSize(), 0)).sum();
            long overheadEach = entries.isEmpty() ? 0 : Math.max(sizeBytes - packedBytes, 0) / entries.size();
            for (ZipEntry entry : entries) {
                retain();
                consumer.accept((reader, sizeDone) -> {
                    try {
                        readEntry(name, zip, entry, 1, reader);
                        sizeDone.accept(Math.max(entry.getCompressedSize(), 0) + overheadEach);
                    } finally {
                        release();
                    }
                });
            }
        }

        private synchronized void retain() {
            users++;
        }

        synchronized void release() {
            users--;
            if (users == 0) {
                close();
            }
        }

        /** Closes the file whoever still uses it. */
        void close() {
            try {
                zip.close();
            } catch (IOException refused) {
                throw cannotRead(name, refused);
            }
        }
    }

    private static void readEntry(String archive, ZipFile zip, ZipEntry entry, int level, DocumentReader reader) {
        String name = archive + "!/" + entry.getName();
        try (InputStream bytes = new CheckedEntryStream(zip.getInputStream(entry), entry)) {
            read(name, bytes, level, reader);
        } catch (IOException refused) {
            throw cannotRead(name, refused);
        }
    }

    /** Reads what was found inside an archive of {@code level}. */
    private static void read(String name, InputStream bytes, int level, DocumentReader reader) throws IOException {
        if (level < LEVELS && isGzip(name)) {
            readGzip(name, bytes, level + 1, reader);
        } else if (level < LEVELS && isZip(name)) {
            readZipInside(name, bytes, level + 1, reader);
        } else {
            reader.read(Document.whole(name, bytes));
        }
    }

    private static void readGzip(String name, InputStream packed, int level, DocumentReader reader) throws IOException {
        String inside = name.substring(0, name.length() - ".gz".length());
        try (InputStream bytes = new GZIPInputStream(packed, GZIP_BUFFER_BYTES)) {
            read(inside, bytes, level, reader);
        }
    }

    /** A zip file has its table at the end, so one inside another archive is unpacked to a temporary file, gone as soon as it is open. */
    private static void readZipInside(String name, InputStream bytes, int level, DocumentReader reader) throws IOException {
        Path unpacked = Files.createTempFile("tideline-count-", ".zip");
        try {
            Files.copy(bytes, unpacked, StandardCopyOption.REPLACE_EXISTING);
            try (ZipFile zip = new ZipFile(unpacked.toFile(), ZipFile.OPEN_READ | ZipFile.OPEN_DELETE)) {
                Enumeration<? extends ZipEntry> entries = zip.entries();
                while (entries.hasMoreElements()) {
                    ZipEntry entry = entries.nextElement();
                    if (!entry.isDirectory()) {
                        readEntry(name, zip, entry, level, reader);
                    }
                }
            }
        } finally {
            Files.deleteIfExists(unpacked);
        }
    }

    private static Failure cannotRead(String name, IOException refused) {
        return new Failure("Cannot read " + name + ": " + Reason.of(refused) + ".", refused);
    }

    /** The bytes of a zip entry, checked at their end against the length and the checksum that the archive gives: the JDK does not. */
    private static final class CheckedEntryStream extends FilterInputStream {

        private final ZipEntry entry;
        private final CRC32 checksum = new CRC32();
        private long length;

        CheckedEntryStream(InputStream in, ZipEntry entry) {
            super(in);
            this.entry = entry;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int count) throws IOException {
            int done = super.read(target, offset, count);
            if (done > 0) {
                checksum.update(target, offset, done);
                length += done;
            } else if (done < 0) {
                check();
            }
            return done;
        }

        @Override
        public long skip(long count) {
            throw new UnsupportedOperationException("skipping would leave bytes unchecked");
        }

        private void check() throws IOException {
            if (entry.getSize() >= 0 && entry.getSize() != length) {
                throw new ZipException("it has " + length + " bytes instead of " + entry.getSize());
            }
            if (entry.getCrc() >= 0 && entry.getCrc() != checksum.getValue()) {
                throw new ZipException("its bytes do not match its checksum");
            }
        }
    }
}
