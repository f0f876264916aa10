package io.tideline.cli.bench.work;

/** What one operation does to its key. */
public enum OperationKind {

    /** Reads the value. */
    READ('r'),
    /** Writes the position of the operation as the value. */
    UPSERT('u'),
    /** Adds {@link OperationStream#RMW_OPERAND} to the value. */
    RMW('w');

    private final char letter;

    OperationKind(char letter) {
        this.letter = letter;
    }

    /** The letter that stands for it where operations are listed. */
    public char letter() {
        return letter;
    }
}
