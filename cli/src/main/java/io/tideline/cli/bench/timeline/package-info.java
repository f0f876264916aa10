/** How the speed of a run changed over time: what was counted, what it says, and how it is drawn. Knows nothing of stores and processes. */
package io.tideline.cli.bench.timeline;
