/**
 * Small files that are whole or refused: one header with one checksum, published in one step. What their payloads mean is said by who
 * writes them: {@link io.tideline.hlog.Identity}, {@link io.tideline.hlog.CleanClose}.
 */
package io.tideline.hlog.format;
