/** The typed faults of a store: what the environment did, each unchecked, each naming what it concerns. */
package io.tideline.fault;
