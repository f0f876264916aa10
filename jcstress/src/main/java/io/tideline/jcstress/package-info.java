/**
 * How stress cases are run and judged. The cases are tests: each stands in the package of what it races, names every outcome that is allowed
 * or forbidden in words, and races two threads through one step of a protocol on the production code, behind the {@code unsafe} door. The
 * package {@code control} beside them holds code that is broken on purpose and must be seen to fail.
 */
package io.tideline.jcstress;
