package io.tideline.cli.bench.work;

/**
 * Ranks with Zipf's distribution, θ = 0.99: rank 0 is the most frequent one, rank {@code i} comes {@code (i + 1)^0.99} times less often
 * (Gray et al., "Quickly generating billion-record synthetic databases", in the form that YCSB made known).
 *
 * <p>Because θ is 0.99, every power that the method needs is a hundredth power or a hundredth root. Both are made here of additions,
 * multiplications and divisions alone, whose last bit IEEE 754 defines; {@link Math#pow} leaves it open, and all contestants must see
 * the same ranks.
 */
public final class ZipfRanks {

    private static final double THETA = 0.99;
    private static final int DIRECT_TERMS = 1_000;
    private static final int NEWTON_STEPS = 64;
    /** Above the hundredth root of any 56-bit number, so that Newton's steps come down to it. */
    private static final double ABOVE_ANY_ROOT = 1.5;
    private static final double UNIT_OF_53_BITS = 0x1.0p-53;

    private final long items;
    private final double zeta;
    private final double zetaOfTwo;
    private final double eta;

    /** @param items how many ranks there are, at least 1 */
    public ZipfRanks(long items) {
        this.items = items;
        this.zeta = zeta(items);
        this.zetaOfTwo = zeta(2);
        this.eta = items <= 2
                ? 0.0
                : (1.0 - 1.0 / hundredthRoot(items / 2.0)) / (1.0 - zetaOfTwo / zeta);
    }

    /** The rank that a random word stands for. */
    public long rank(long word) {
        double u = (word >>> 11) * UNIT_OF_53_BITS;
        double scaled = u * zeta;
        if (scaled < 1.0) {
            return 0;
        }
        long rank = 1;
        if (scaled >= zetaOfTwo) {
            rank = (long) (items * hundredthPower(eta * u - eta + 1.0));
        }
        return Math.min(rank, items - 1);
    }

    /** The sum of i^-0.99 for i = 1…n: the first terms one by one, the others by the formula of Euler and Maclaurin. */
    static double zeta(long n) {
        long direct = Math.min(n, DIRECT_TERMS);
        double sum = 0.0;
        for (long i = 1; i <= direct; i++) {
            sum += zetaTerm(i);
        }
        if (n > direct) {
            double first = direct;
            double last = n;
            double atFirst = zetaTerm(first);
            double atLast = zetaTerm(last);
            double integral = 100.0 * (hundredthRoot(last) - hundredthRoot(first));
            sum += integral;
            sum += (atLast - atFirst) / 2.0;
            sum += THETA * (atFirst / first - atLast / last) / 12.0;
        }
        return sum;
    }

    private static double zetaTerm(double i) {
        return hundredthRoot(i) / i;
    }

    static double hundredthRoot(double x) {
        double root = ABOVE_ANY_ROOT;
        for (int step = 0; step < NEWTON_STEPS; step++) {
            root = root * (0.99 + 0.01 * (x / hundredthPower(root)));
        }
        return root;
    }

    static double hundredthPower(double x) {
        double x2 = x * x;
        double x4 = x2 * x2;
        double x8 = x4 * x4;
        double x16 = x8 * x8;
        double x32 = x16 * x16;
        double x64 = x32 * x32;
        return x64 * x32 * x4;
    }
}
