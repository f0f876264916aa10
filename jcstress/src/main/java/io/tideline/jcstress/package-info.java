/**
 * Concurrency stress tests of the protocols. Each test races a few threads through one step of a protocol many million times and
 * names every outcome that is allowed; where an outcome must never be seen, a control with the protecting order removed shows that
 * the test would see it.
 */
package io.tideline.jcstress;
