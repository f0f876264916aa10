/**
 * How bytes are touched. Everything off-heap that threads share is read and written through {@link io.tideline.memory.Words}, whose
 * method names state the memory order:
 * <ul>
 *   <li><b>plain</b> ({@code get}, {@code set}): no order; for words that only one thread can reach, or whose order another word gives;</li>
 *   <li><b>acquire / release</b>: what was written before the release is seen after the acquire that reads it;</li>
 *   <li><b>compareAndSet, getAndAdd</b>: acquire and release at once, and totally ordered per word;</li>
 *   <li><b>announce</b>: a compareAndSet whose store is visible to everybody before any later load of this thread.</li>
 * </ul>
 * Beside it live the blocks of memory themselves ({@link io.tideline.memory.Region}), the way every thread waits
 * ({@link io.tideline.memory.Waits}), the calls of the operating system that only {@code java.lang.foreign} reaches
 * ({@link io.tideline.memory.IoUring}, {@link io.tideline.memory.NativeFile}), the errors that are told from others ({@link io.tideline.memory.SystemError}) and the named points where tests take hold ({@link io.tideline.memory.Probe}).
 */
package io.tideline.memory;
