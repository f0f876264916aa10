package io.tideline.core;

/**
 * A session that {@link Store#reapSessions} closed, because the thread of its batch had died in it.
 *
 * @param name the session's
 * @param serial the last operation that the dead thread completed; {@link Store#resumeSession} goes on behind it
 * @param diedInOperation whether it had begun another one, of which nobody knows whether it took effect
 */
public record ReapedSession(String name, long serial, boolean diedInOperation) {
}
