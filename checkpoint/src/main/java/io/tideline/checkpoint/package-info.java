/**
 * The cut: what a checkpoint holds, and how it becomes the newest one whole or not at all. A {@link io.tideline.checkpoint.Manifest} names
 * everything a checkpoint consists of; {@link io.tideline.checkpoint.ManifestStore} keeps a few generations of them.
 */
package io.tideline.checkpoint;
