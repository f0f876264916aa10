/**
 * When bytes may be reused. Whoever works on shared memory announces the epoch it saw in a slot of the table; whoever wants to
 * reuse memory bumps the epoch and hands over an action, which runs exactly once, as soon as no announced epoch can still see the
 * old state. Slots are owned by sessions, not by threads, so a session may move between threads and a sleeping one is named rather
 * than waited for. Nothing blocks while an epoch is held.
 */
package io.tideline.epoch;
