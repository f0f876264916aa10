/**
 * The hybrid log: one contiguous ring of memory that records are appended to, addressed by logical addresses which only grow. The
 * frontiers divide it, from its begin to its tail, into what may no longer change and what may still be updated in place, and they
 * move one way only. Records frame themselves, so the log can be walked without an index; space is claimed by one atomic add, and
 * exactly one thread turns a page.
 */
package io.tideline.hlog;
