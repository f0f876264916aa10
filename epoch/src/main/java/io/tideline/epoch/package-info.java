/**
 * When bytes may be reused. Whoever touches shared memory announces the current epoch in a slot of its own; whoever retires memory
 * bumps the epoch and hands over an action, which runs once every slot has moved on. Slots belong to sessions, not to threads, so a
 * virtual thread may carry one from carrier to carrier, and there is no process-wide limit.
 */
package io.tideline.epoch;
