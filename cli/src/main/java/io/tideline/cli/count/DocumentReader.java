package io.tideline.cli.count;

import java.io.IOException;

/** What is done with documents, one after another. */
@FunctionalInterface
interface DocumentReader {

    /** Reads the document to its end, or as far as its owner needs. */
    void read(Document document) throws IOException;
}
