/*
 * The limit program: what the hardware allows for the work of `tideline bench`.
 *
 * It has the layout of the store and nothing that makes the store safe: a bucket is one cache line with seven entries
 * {48-bit address, 14-bit tag} and an overflow word, a record is a 16-byte header, the key and the value in one
 * contiguous log, records of one entry are chained through the header's address of the previous one. An operation
 * hashes the key, probes with early exit, compares the key and touches the value with plain loads and stores. There is
 * no epoch, no lock, no flag, no version. Two threads that add to one value may lose an addition: that is the point of
 * a limit. Only the insertion of a new key, which loading and ycsb-d do, takes a lock, since it would corrupt the index.
 *
 * It is driven over standard input and output, one line a command, one line a reply, as every contestant is:
 *
 *   load             inserts all keys, one thread, in order
 *   window SECONDS   replays operations on all threads for that long
 *   latency SECONDS  the same, timing one operation in 32
 *   memory           what the table holds and what the process has resident
 *   dump COUNT       the first operations, so that a test can compare them with the ones of the other contestants
 *   quit             ends; so does the end of the input
 *
 * Build: gcc -O3 -march=native -ffp-contract=off -pthread -o limit limit.c
 * (without fused multiply-add the Zipf ranks are bit for bit the ones that Java computes).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------------------------ the layout */

#define BUCKET_WORDS 8
#define BUCKET_ENTRIES 7
#define OVERFLOW_WORD 7
#define BUCKET_BYTES (BUCKET_WORDS * 8)
#define ADDRESS_BITS 48
#define ADDRESS_MASK ((UINT64_C(1) << ADDRESS_BITS) - 1)
#define TAG_SHIFT 50 /* the tag is the high 14 bits of a hash */

#define PREVIOUS_WORD 0
#define LENGTHS_WORD 1
#define KEY_WORD 2
#define VALUE_WORD 3
#define HEADER_BYTES 16
#define KEY_BYTES 8
#define KEY_LENGTH_SHIFT 2
#define VALUE_LENGTH_SHIFT 14
#define LOG_BEGIN 64 /* address 0 means "none" */

#define HUGE_PAGE_BYTES (UINT64_C(2) << 20)
#define ALIGNMENT_BYTES 16

_Static_assert(BUCKET_ENTRIES + 1 == BUCKET_WORDS, "seven entries and one overflow word fill a bucket");
_Static_assert(HEADER_BYTES + KEY_BYTES + 8 == 32, "a record with an 8-byte value has 32 bytes");

struct table {
    uint64_t *index;
    uint64_t *overflow; /* bucket 0 is never used: 0 means "no overflow bucket" */
    char *log;
    uint64_t bucketMask;
    uint64_t overflowCapacity;
    uint64_t logCapacityBytes;
    uint64_t overflowUsed;
    uint64_t logTail;
};

/* -------------------------------------------------------------------------------------------------- the work */

#define CHUNK 3200
#define SAMPLE_EVERY 32
#define ITEM_SEED 42
#define RANK_SEED 43
#define KIND_SEED 44
#define RMW_OPERAND 5
#define MAX_THREADS 256

enum kind { READ, UPSERT, RMW };
enum mix { ONLY_READ, ONLY_UPSERT, ONLY_RMW, BY_KIND, RING };

struct workload {
    const char *name;
    int readPercent;
    enum kind write;
    bool inserting;
};

static const struct workload WORKLOADS[] = {
    {"read", 100, READ, false},   {"upsert", 0, UPSERT, false},  {"rmw", 0, RMW, false},
    {"mixed", 50, UPSERT, false}, {"ycsb-a", 50, UPSERT, false}, {"ycsb-b", 95, UPSERT, false},
    {"ycsb-c", 100, READ, false}, {"ycsb-d", 95, UPSERT, true},  {"ycsb-f", 50, RMW, false},
};

enum distribution { UNIFORM, ZIPF, LATEST };

static struct {
    uint64_t keys;
    uint64_t valueBytes;
    uint64_t buckets;
    uint64_t operations;
    int threads;
    const struct workload *workload;
    enum distribution distribution;
} settings;

/* The pre-generated operations. words holds keys, or with an inserting workload slots of a ring of 2 * keys keys. */
static struct {
    uint64_t *words;
    uint8_t *kinds; /* NULL where all operations are of one kind */
    uint64_t insertions;
} stream;

static struct table shared;
static pthread_mutex_t insertLock = PTHREAD_MUTEX_INITIALIZER;

static _Alignas(64) uint64_t nextPosition;
static _Alignas(64) bool stopRequested;
static pthread_barrier_t startLine;

static void fail(const char *format, ...)
{
    va_list arguments;
    printf("failed ");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    fflush(stdout);
    exit(2);
}

/* ---------------------------------------------------------------------------------------- keys and random words */

static inline uint64_t mulhi(uint64_t a, uint64_t b)
{
    return (uint64_t)(((unsigned __int128)a * b) >> 64);
}

static inline uint64_t fmix64(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    x *= UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ (x >> 33);
}

static inline uint64_t keyOf(uint64_t index)
{
    return fmix64(index + 1);
}

static inline uint64_t splitMix64(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* ---------------------------------------------------------------------------------------------------- Zipf ranks
 * Gray et al., "Quickly generating billion-record synthetic databases", as YCSB uses it, with theta = 0.99. Powers are
 * the hundredth power and the hundredth root, made of additions, multiplications and divisions only: IEEE defines their
 * last bit, which the library's pow() does not, and every contestant must see the same ranks. */

#define DIRECT_TERMS 1000

static struct {
    uint64_t items;
    double zeta;
    double zetaOfTwo;
    double eta;
} zipf;

static double hundredthPower(double x)
{
    double x2 = x * x;
    double x4 = x2 * x2;
    double x8 = x4 * x4;
    double x16 = x8 * x8;
    double x32 = x16 * x16;
    double x64 = x32 * x32;
    return x64 * x32 * x4;
}

static double hundredthRoot(double x)
{
    double root = 1.5; /* beyond the root of any 56-bit number: Newton's steps come down to it */
    for (int step = 0; step < 64; step++) {
        root = root * (0.99 + 0.01 * (x / hundredthPower(root)));
    }
    return root;
}

static double zetaTerm(double i)
{
    return hundredthRoot(i) / i; /* i^-0.99 */
}

/* The sum of i^-0.99 for i = 1..n: the first terms one by one, the others by the formula of Euler and Maclaurin. */
static double zetaOf(uint64_t n)
{
    uint64_t direct = n < DIRECT_TERMS ? n : DIRECT_TERMS;
    double sum = 0.0;
    for (uint64_t i = 1; i <= direct; i++) {
        sum += zetaTerm((double)i);
    }
    if (n > direct) {
        double first = (double)direct;
        double last = (double)n;
        double atFirst = zetaTerm(first);
        double atLast = zetaTerm(last);
        sum += 100.0 * (hundredthRoot(last) - hundredthRoot(first)); /* the integral */
        sum += (atLast - atFirst) / 2.0;
        sum += 0.99 * (atFirst / first - atLast / last) / 12.0;
    }
    return sum;
}

static void prepareZipf(uint64_t items)
{
    zipf.items = items;
    zipf.zeta = zetaOf(items);
    zipf.zetaOfTwo = zetaOf(2);
    zipf.eta = items <= 2
        ? 0.0
        : (1.0 - 1.0 / hundredthRoot((double)items / 2.0)) / (1.0 - zipf.zetaOfTwo / zipf.zeta);
}

static uint64_t zipfRank(uint64_t random)
{
    double u = (double)(random >> 11) * 0x1.0p-53;
    double scaled = u * zipf.zeta;
    if (scaled < 1.0) {
        return 0;
    }
    uint64_t rank = 1;
    if (scaled >= zipf.zetaOfTwo) {
        rank = (uint64_t)((double)zipf.items * hundredthPower(zipf.eta * u - zipf.eta + 1.0));
    }
    return rank < zipf.items ? rank : zipf.items - 1;
}

/* ------------------------------------------------------------------------------------- pre-generated operations */

static uint64_t nextItem(uint64_t *random)
{
    uint64_t word = splitMix64(random);
    switch (settings.distribution) {
    case UNIFORM:
        return mulhi(word, settings.keys);
    case ZIPF:
        return fmix64(zipfRank(word) + 0x12345678) % settings.keys;
    default:
        return settings.keys - 1 - zipfRank(word);
    }
}

static void *allocate(uint64_t bytes, const char *what)
{
    void *block = malloc(bytes);
    if (block == NULL) {
        fail("There is no memory for %s (%llu bytes): use fewer keys.", what, (unsigned long long)bytes);
    }
    return block;
}

/* With an inserting workload the keys form a ring of twice the loaded ones: the j-th insertion of a pass fills slot
 * keys + j, and a read goes as far behind the newest slot as its item is behind the newest loaded key. */
static void generate(void)
{
    const struct workload *workload = settings.workload;
    bool oneKind = workload->readPercent == 0 || workload->readPercent == 100;
    uint64_t ownSeed = 1000 * (uint64_t)(100 - workload->readPercent) + (workload->write == RMW ? 500 : 0);
    uint64_t itemRandom = (settings.distribution == UNIFORM ? ITEM_SEED : RANK_SEED) + ownSeed;
    uint64_t kindRandom = KIND_SEED;
    if (settings.distribution != UNIFORM) {
        prepareZipf(settings.keys);
    }
    stream.words = allocate(settings.operations * sizeof(uint64_t), "the operations");
    stream.kinds = oneKind ? NULL : allocate(settings.operations, "the kinds of the operations");
    for (uint64_t i = 0; i < settings.operations; i++) {
        enum kind kind = workload->readPercent == 0 ? workload->write : READ;
        if (!oneKind) {
            bool read = mulhi(splitMix64(&kindRandom), 100) < (uint64_t)workload->readPercent;
            kind = read ? READ : workload->write;
            stream.kinds[i] = (uint8_t)kind;
        }
        if (!workload->inserting) {
            stream.words[i] = keyOf(nextItem(&itemRandom));
        } else if (kind == READ) {
            stream.words[i] = (nextItem(&itemRandom) + stream.insertions) % (2 * settings.keys);
        } else {
            stream.words[i] = (settings.keys + stream.insertions++) % (2 * settings.keys);
        }
    }
}

/* ------------------------------------------------------------------------------------------ hash, probe, access */

static inline uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hashOf(uint64_t key)
{
    return fold(fold(key ^ UINT64_C(0xc8425de0870865a7), UINT64_C(0xaf4c11f3c99809d1)) ^ UINT64_C(0xaabca52e56e70161),
                UINT64_C(0xe12b1598cfba7bf3));
}

static inline uint64_t tagOf(uint64_t hash)
{
    uint64_t tag = hash >> TAG_SHIFT;
    return tag == 0 ? 1 : tag;
}

static inline __attribute__((always_inline)) uint64_t *findRecord(const struct table *table, uint64_t key)
{
    uint64_t hash = hashOf(key);
    uint64_t tag = tagOf(hash);
    const uint64_t *bucket = table->index + (hash & table->bucketMask) * BUCKET_WORDS;
    for (;;) {
        for (int i = 0; i < BUCKET_ENTRIES; i++) {
            uint64_t entry = bucket[i];
            if (entry >> ADDRESS_BITS == tag) {
                uint64_t address = entry & ADDRESS_MASK;
                do {
                    uint64_t *record = (uint64_t *)(table->log + address);
                    if (record[KEY_WORD] == key) {
                        return record;
                    }
                    address = record[PREVIOUS_WORD] & ADDRESS_MASK;
                } while (address != 0);
                return NULL; /* a tag has one entry in a chain of buckets */
            }
        }
        uint64_t next = bucket[OVERFLOW_WORD] & ADDRESS_MASK;
        if (next == 0) {
            return NULL;
        }
        bucket = table->overflow + next * BUCKET_WORDS;
    }
}

static uint64_t recordBytes(void)
{
    uint64_t bytes = HEADER_BYTES + KEY_BYTES + settings.valueBytes;
    return (bytes + ALIGNMENT_BYTES - 1) & ~(uint64_t)(ALIGNMENT_BYTES - 1);
}

/* The entry of a tag, or the free one that it may take. */
static uint64_t *entryFor(uint64_t hash)
{
    uint64_t tag = tagOf(hash);
    uint64_t *bucket = shared.index + (hash & shared.bucketMask) * BUCKET_WORDS;
    for (;;) {
        for (int i = 0; i < BUCKET_ENTRIES; i++) {
            if (bucket[i] == 0 || bucket[i] >> ADDRESS_BITS == tag) {
                return &bucket[i];
            }
        }
        if (bucket[OVERFLOW_WORD] == 0) {
            if (shared.overflowUsed + 1 == shared.overflowCapacity) {
                fail("All %llu overflow buckets are in use: use more buckets.",
                     (unsigned long long)shared.overflowCapacity);
            }
            __atomic_store_n(&bucket[OVERFLOW_WORD], ++shared.overflowUsed, __ATOMIC_RELEASE);
        }
        bucket = shared.overflow + bucket[OVERFLOW_WORD] * BUCKET_WORDS;
    }
}

static __attribute__((noinline)) void insert(uint64_t key, const uint64_t *value)
{
    pthread_mutex_lock(&insertLock);
    uint64_t *present = findRecord(&shared, key);
    if (present != NULL) {
        memcpy(present + VALUE_WORD, value, settings.valueBytes);
        pthread_mutex_unlock(&insertLock);
        return;
    }
    uint64_t hash = hashOf(key);
    uint64_t *entry = entryFor(hash);
    uint64_t address = shared.logTail;
    if (address + recordBytes() > shared.logCapacityBytes) {
        fail("The log of %llu bytes is full.", (unsigned long long)shared.logCapacityBytes);
    }
    shared.logTail += recordBytes();
    uint64_t *record = (uint64_t *)(shared.log + address);
    record[PREVIOUS_WORD] = *entry & ADDRESS_MASK;
    record[LENGTHS_WORD] = (uint64_t)KEY_BYTES << KEY_LENGTH_SHIFT | settings.valueBytes << VALUE_LENGTH_SHIFT;
    record[KEY_WORD] = key;
    memcpy(record + VALUE_WORD, value, settings.valueBytes);
    __atomic_store_n(entry, tagOf(hash) << ADDRESS_BITS | address, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&insertLock);
}

/* ------------------------------------------------------------------------------------------------------- workers */

#define MAX_SAMPLES (1u << 22)

struct worker {
    _Alignas(64) uint64_t operations;
    uint64_t absent;
    uint64_t sum; /* of what was read, so that no read can be optimised away */
    uint64_t startNanos;
    uint64_t endNanos;
    uint64_t *value; /* valueBytes: what an upsert writes */
    uint64_t *copy;  /* valueBytes: where a read of a longer value goes */
    uint32_t *samples;
    uint32_t sampleCount;
    pthread_t thread;
};

static struct worker workers[MAX_THREADS];

static uint64_t nanoTime(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Replays operations [from, to). The mix and the length of the values are constants where this is inlined. */
static inline __attribute__((always_inline)) void replay(struct worker *worker, uint64_t from, uint64_t to,
                                                         uint64_t shift, enum mix mix, uint64_t valueBytes)
{
    const struct table table = shared;
    const uint64_t *words = stream.words;
    const uint8_t *kinds = stream.kinds;
    uint64_t ring = 2 * settings.keys;
    uint64_t *value = worker->value;
    uint64_t *copy = worker->copy;
    uint64_t sum = 0;
    uint64_t absent = 0;
    for (uint64_t i = from; i < to; i++) {
        uint64_t key = words[i];
        if (mix == RING) {
            uint64_t slot = key + shift;
            key = keyOf(slot >= ring ? slot - ring : slot);
        }
        enum kind kind = mix == ONLY_READ ? READ : mix == ONLY_UPSERT ? UPSERT : mix == ONLY_RMW ? RMW : kinds[i];
        uint64_t *record = findRecord(&table, key);
        if (kind == READ) {
            if (record == NULL) {
                absent++;
            } else if (valueBytes == 8) {
                sum += record[VALUE_WORD];
            } else {
                memcpy(copy, record + VALUE_WORD, valueBytes);
                __asm__ volatile("" : : "r"(copy) : "memory"); /* the whole copy is wanted */
                sum += copy[0];
            }
        } else if (record == NULL) {
            value[0] = kind == RMW ? RMW_OPERAND : i;
            insert(key, value);
        } else if (kind == RMW) {
            record[VALUE_WORD] += RMW_OPERAND;
        } else if (valueBytes == 8) {
            record[VALUE_WORD] = i;
        } else {
            value[0] = i;
            memcpy(record + VALUE_WORD, value, valueBytes);
        }
    }
    worker->sum += sum;
    worker->absent += absent;
}

static __attribute__((noinline)) void replayReads(struct worker *worker, uint64_t from, uint64_t to)
{
    replay(worker, from, to, 0, ONLY_READ, 8);
}

static __attribute__((noinline)) void replayUpserts(struct worker *worker, uint64_t from, uint64_t to)
{
    replay(worker, from, to, 0, ONLY_UPSERT, 8);
}

static __attribute__((noinline)) void replayRmws(struct worker *worker, uint64_t from, uint64_t to)
{
    replay(worker, from, to, 0, ONLY_RMW, 8);
}

static __attribute__((noinline)) void replayKinds(struct worker *worker, uint64_t from, uint64_t to)
{
    replay(worker, from, to, 0, BY_KIND, 8);
}

static __attribute__((noinline)) void replayRing(struct worker *worker, uint64_t from, uint64_t to, uint64_t shift)
{
    replay(worker, from, to, shift, RING, settings.valueBytes);
}

static __attribute__((noinline)) void replayLongValues(struct worker *worker, uint64_t from, uint64_t to)
{
    if (stream.kinds != NULL) {
        replay(worker, from, to, 0, BY_KIND, settings.valueBytes);
    } else if (settings.workload->readPercent == 100) {
        replay(worker, from, to, 0, ONLY_READ, settings.valueBytes);
    } else if (settings.workload->write == UPSERT) {
        replay(worker, from, to, 0, ONLY_UPSERT, settings.valueBytes);
    } else {
        replay(worker, from, to, 0, ONLY_RMW, settings.valueBytes);
    }
}

static void perform(struct worker *worker, uint64_t from, uint64_t to, uint64_t shift)
{
    if (settings.workload->inserting) {
        replayRing(worker, from, to, shift);
    } else if (settings.valueBytes != 8) {
        replayLongValues(worker, from, to);
    } else if (stream.kinds != NULL) {
        replayKinds(worker, from, to);
    } else if (settings.workload->readPercent == 100) {
        replayReads(worker, from, to);
    } else if (settings.workload->write == UPSERT) {
        replayUpserts(worker, from, to);
    } else {
        replayRmws(worker, from, to);
    }
}

static void performTimed(struct worker *worker, uint64_t from, uint64_t to, uint64_t shift)
{
    for (uint64_t i = from; i < to; i += SAMPLE_EVERY) {
        uint64_t timed = i + SAMPLE_EVERY - 1;
        if (timed >= to) {
            perform(worker, i, to, shift);
            return;
        }
        perform(worker, i, timed, shift);
        uint64_t start = nanoTime();
        perform(worker, timed, timed + 1, shift);
        uint64_t nanos = nanoTime() - start;
        if (worker->sampleCount < MAX_SAMPLES) {
            worker->samples[worker->sampleCount++] = nanos > UINT32_MAX ? UINT32_MAX : (uint32_t)nanos;
        }
    }
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    pthread_barrier_wait(&startLine);
    worker->startNanos = nanoTime();
    do {
        uint64_t position = __atomic_fetch_add(&nextPosition, CHUNK, __ATOMIC_RELAXED);
        uint64_t pass = position / settings.operations;
        uint64_t from = position % settings.operations;
        uint64_t shift = settings.workload->inserting ? pass * stream.insertions % (2 * settings.keys) : 0;
        if (worker->samples == NULL) {
            perform(worker, from, from + CHUNK, shift);
        } else {
            performTimed(worker, from, from + CHUNK, shift);
        }
        worker->operations += CHUNK;
    } while (!__atomic_load_n(&stopRequested, __ATOMIC_RELAXED));
    worker->endNanos = nanoTime();
    return NULL;
}

static void sleepFor(double seconds)
{
    struct timespec left = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&left, &left) == -1 && errno == EINTR) {
        /* a signal is no reason to shorten a window */
    }
}

/* Runs all workers for that long and answers with the nanoseconds between the first start and the last end. */
static uint64_t runWorkers(double seconds, bool timed)
{
    stopRequested = false;
    pthread_barrier_init(&startLine, NULL, (unsigned)settings.threads + 1);
    for (int i = 0; i < settings.threads; i++) {
        struct worker *worker = &workers[i];
        worker->operations = worker->absent = 0;
        worker->value = allocate(settings.valueBytes, "a value");
        worker->copy = allocate(settings.valueBytes, "a copy");
        memset(worker->value, 0, settings.valueBytes);
        worker->samples = timed ? allocate(MAX_SAMPLES * sizeof(uint32_t), "latency samples") : NULL;
        worker->sampleCount = 0;
        if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
            fail("The operating system refused thread %d of %d.", i + 1, settings.threads);
        }
    }
    pthread_barrier_wait(&startLine);
    sleepFor(seconds);
    __atomic_store_n(&stopRequested, true, __ATOMIC_RELAXED);
    uint64_t first = UINT64_MAX;
    uint64_t last = 0;
    for (int i = 0; i < settings.threads; i++) {
        struct worker *worker = &workers[i];
        pthread_join(worker->thread, NULL);
        free(worker->value);
        free(worker->copy);
        first = worker->startNanos < first ? worker->startNanos : first;
        last = worker->endNanos > last ? worker->endNanos : last;
    }
    pthread_barrier_destroy(&startLine);
    return last - first;
}

/* ------------------------------------------------------------------------------------------------------ commands */

static void *mapHuge(uint64_t bytes, const char *what)
{
    uint64_t mapped = bytes + HUGE_PAGE_BYTES;
    char *block = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (block == MAP_FAILED) {
        fail("The operating system refused %llu bytes for %s: %s.", (unsigned long long)mapped, what, strerror(errno));
    }
    block = (char *)(((uintptr_t)block + HUGE_PAGE_BYTES - 1) & ~(uintptr_t)(HUGE_PAGE_BYTES - 1));
    if (madvise(block, bytes, MADV_HUGEPAGE) != 0) {
        fprintf(stderr, "The limit program runs without huge pages for %s: %s.\n", what, strerror(errno));
    }
    return block;
}

static uint64_t residentBytes(void)
{
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    char line[256];
    unsigned long long kibibytes = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "Rss: %llu kB", &kibibytes) == 1) {
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kibibytes * 1024;
}

static uint64_t residentBeforeLoad;

static void load(void)
{
    residentBeforeLoad = residentBytes();
    uint64_t keys = settings.workload->inserting ? 2 * settings.keys : settings.keys;
    shared.bucketMask = settings.buckets - 1;
    shared.overflowCapacity = keys + 2;
    shared.logCapacityBytes = LOG_BEGIN + keys * recordBytes();
    shared.index = mapHuge(settings.buckets * BUCKET_BYTES, "the index");
    shared.overflow = mapHuge(shared.overflowCapacity * BUCKET_BYTES, "the overflow buckets");
    shared.log = mapHuge(shared.logCapacityBytes, "the log");
    shared.logTail = LOG_BEGIN;
    uint64_t *value = allocate(settings.valueBytes, "a value");
    memset(value, 0, settings.valueBytes);
    uint64_t start = nanoTime();
    for (uint64_t i = 0; i < settings.keys; i++) {
        value[0] = i;
        insert(keyOf(i), value);
    }
    free(value);
    printf("ok nanos=%llu\n", (unsigned long long)(nanoTime() - start));
}

static void window(double seconds)
{
    uint64_t nanos = runWorkers(seconds, false);
    uint64_t operations = 0;
    uint64_t absent = 0;
    for (int i = 0; i < settings.threads; i++) {
        operations += workers[i].operations;
        absent += workers[i].absent;
    }
    printf("ok operations=%llu nanos=%llu allocatedBytes=0 absent=%llu\n", (unsigned long long)operations,
           (unsigned long long)nanos, (unsigned long long)absent);
}

static int compareSamples(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static void latency(double seconds)
{
    runWorkers(seconds, true);
    uint64_t count = 0;
    for (int i = 0; i < settings.threads; i++) {
        count += workers[i].sampleCount;
    }
    uint32_t *all = allocate((count + 1) * sizeof(uint32_t), "latency samples");
    all[0] = 0;
    uint64_t filled = 0;
    for (int i = 0; i < settings.threads; i++) {
        memcpy(all + filled, workers[i].samples, workers[i].sampleCount * sizeof(uint32_t));
        filled += workers[i].sampleCount;
        free(workers[i].samples);
    }
    qsort(all, count, sizeof(uint32_t), compareSamples);
    uint64_t last = count == 0 ? 0 : count - 1;
    printf("ok samples=%llu p50=%u p99=%u p999=%u max=%u\n", (unsigned long long)count, all[last / 2],
           all[last / 100 * 99 + last % 100 * 99 / 100], all[last / 1000 * 999 + last % 1000 * 999 / 1000], all[last]);
    free(all);
}

static void memory(void)
{
    uint64_t resident = residentBytes();
    uint64_t added = resident > residentBeforeLoad ? resident - residentBeforeLoad : 0;
    printf("ok index=%llu overflow=%llu usedLog=%llu liveHeap=0 residentOutsideHeap=%llu\n",
           (unsigned long long)((shared.bucketMask + 1) * BUCKET_BYTES),
           (unsigned long long)(shared.overflowUsed * BUCKET_BYTES), (unsigned long long)(shared.logTail - LOG_BEGIN),
           (unsigned long long)added);
}

static void dump(uint64_t count)
{
    printf("ok");
    for (uint64_t i = 0; i < count && i < settings.operations; i++) {
        const struct workload *workload = settings.workload;
        int kind = stream.kinds != NULL ? stream.kinds[i] : workload->readPercent == 0 ? (int)workload->write : READ;
        uint64_t key = workload->inserting ? keyOf(stream.words[i]) : stream.words[i];
        printf(" %c:%llx", "ruw"[kind], (unsigned long long)key);
    }
    printf("\n");
}

/* ----------------------------------------------------------------------------------------------------- arguments */

static const char *argument(int count, char **arguments, const char *name)
{
    size_t length = strlen(name);
    for (int i = 1; i < count; i++) {
        if (strncmp(arguments[i], name, length) == 0 && arguments[i][length] == '=') {
            return arguments[i] + length + 1;
        }
    }
    fail("The argument %s=... is missing.", name);
    return NULL;
}

static uint64_t numberArgument(int count, char **arguments, const char *name, uint64_t least, uint64_t most)
{
    const char *text = argument(count, arguments, name);
    char *end;
    unsigned long long number = strtoull(text, &end, 10);
    if (end == text || *end != 0 || number < least || number > most) {
        fail("The argument %s=%s must be a number from %llu to %llu.", name, text, (unsigned long long)least,
             (unsigned long long)most);
    }
    return number;
}

static void parse(int count, char **arguments)
{
    settings.keys = numberArgument(count, arguments, "keys", 1, UINT64_C(1) << 40);
    settings.valueBytes = numberArgument(count, arguments, "valueSize", 8, 1 << 17);
    settings.buckets = numberArgument(count, arguments, "buckets", 1, UINT64_C(1) << 40);
    settings.operations = numberArgument(count, arguments, "operations", CHUNK, UINT64_C(1) << 40);
    settings.threads = (int)numberArgument(count, arguments, "threads", 1, MAX_THREADS);
    if ((settings.buckets & (settings.buckets - 1)) != 0) {
        fail("The argument buckets=%llu must be a power of two.", (unsigned long long)settings.buckets);
    }
    if (settings.operations % CHUNK != 0) {
        fail("The argument operations=%llu must be a multiple of %d.", (unsigned long long)settings.operations, CHUNK);
    }
    const char *workload = argument(count, arguments, "workload");
    for (size_t i = 0; i < sizeof WORKLOADS / sizeof WORKLOADS[0]; i++) {
        if (strcmp(WORKLOADS[i].name, workload) == 0) {
            settings.workload = &WORKLOADS[i];
        }
    }
    if (settings.workload == NULL) {
        fail("There is no workload %s.", workload);
    }
    const char *distribution = argument(count, arguments, "distribution");
    if (strcmp(distribution, "uniform") == 0) {
        settings.distribution = UNIFORM;
    } else if (strcmp(distribution, "zipf") == 0) {
        settings.distribution = ZIPF;
    } else if (strcmp(distribution, "latest") == 0) {
        settings.distribution = LATEST;
    } else {
        fail("There is no distribution %s.", distribution);
    }
}

int main(int count, char **arguments)
{
    char line[256];
    bool loaded = false;
    parse(count, arguments);
    generate();
    while (fgets(line, sizeof line, stdin) != NULL) {
        double seconds;
        unsigned long long amount;
        line[strcspn(line, "\r\n")] = 0;
        if (strcmp(line, "quit") == 0) {
            return 0;
        } else if (sscanf(line, "dump %llu", &amount) == 1) {
            dump(amount);
        } else if (strcmp(line, "rehearse") == 0) {
            printf("ok rehearsed=0\n"); // all of it is compiled
        } else if (strcmp(line, "load") == 0 && !loaded) {
            load();
            loaded = true;
        } else if (loaded && sscanf(line, "window %lf", &seconds) == 1 && seconds > 0) {
            window(seconds);
        } else if (loaded && sscanf(line, "latency %lf", &seconds) == 1 && seconds > 0) {
            latency(seconds);
        } else if (loaded && strcmp(line, "memory") == 0) {
            memory();
        } else {
            fail("The command \"%s\" is not understood here; load comes first, and once.", line);
        }
        fflush(stdout);
    }
    return 0;
}
