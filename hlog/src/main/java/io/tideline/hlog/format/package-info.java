/**
 * Small files that are whole or refused: one header with one checksum, published in one step. What their payloads mean is said by who
 * writes them: {@link io.tideline.hlog.Identity}, {@link io.tideline.hlog.CleanClose}. And large ones of blocks, each with a header and a checksum of its
 * own: {@link io.tideline.hlog.format.BlockSeal}.
 */
package io.tideline.hlog.format;
