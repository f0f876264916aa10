/**
 * From hash to address. Keys are hashed with a seed into buckets of one cache line each, seven entries and a word that leads to an
 * overflow bucket. An entry holds a tag of the hash and the address of the newest record of its chain, and changes by
 * compare-and-set alone; a new entry is first tentative, so that two threads never create two entries for one tag. The index knows
 * addresses, never keys or values.
 */
package io.tideline.index;
