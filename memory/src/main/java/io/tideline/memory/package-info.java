/**
 * How bytes are touched. {@code Words} is the only door to off-heap words that threads share, and every method of it says its
 * memory order in its name; {@code Region} is a block of zeroed, aligned memory that is closed exactly once; {@code Probe} names
 * the points at which a test may yield, delay or stop a thread, and costs nothing in production. This module stands at the bottom
 * of the house: it knows no other, and no other reaches past it to raw memory.
 */
package io.tideline.memory;
