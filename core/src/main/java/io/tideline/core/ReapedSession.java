package io.tideline.core;

/**
 * A session that {@link Store#reapSessions} closed, because the thread of its batch had died in it.
 *
 * @param name the session's
 * @param serial the last operation that the dead thread completed; {@link Store#resumeSession} goes on behind it
 * @param diedInOperation whether it had begun another one, of which nobody knows whether it took effect
 * @param failedUpdates how many updates it had submitted, and not been told of, that count among its operations and took no effect: the device refused to
 *     read what they needed, or their function threw; 0 behind a close of the store, whose checkpoint they are left to
 */
public record ReapedSession(String name, long serial, boolean diedInOperation, int failedUpdates) {
}
