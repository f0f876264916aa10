/**
 * From a key's hash to the newest record of its chain: buckets of one cache line, seven entries and a link to an overflow bucket, changed
 * by compare-and-set alone. An entry holds 48 bits of address and 14 bits of hash; keys that agree in bucket and tag share a chain in the log.
 */
package io.tideline.index;
