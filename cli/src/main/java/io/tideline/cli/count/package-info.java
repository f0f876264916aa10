/**
 * The command {@code count}: counts the words of files, directories and archives with one read-modify-write a word.
 *
 * <p>One way through it: {@code CountCommand} reads the options, {@code Inputs} turns the arguments into {@code InputUnit}s, the
 * threads of {@code Counting} read them, each through its own {@code TokenCounter} (a {@code Tokenizer}, perhaps {@code NGrams}, a
 * session of the store), {@code Verification} counts once more in the plainest way, and {@code CountResult} is what comes out.
 *
 * <p>Into a store that is kept, {@code LaneCounting} counts instead: {@code Lanes} cut the input into fixed parts whose positions checkpoints hold,
 * {@code CountNote} says beside them what they are of, and {@code EarlierCount} looks whether that is what is to be counted now.
 */
package io.tideline.cli.count;
