/** Ranks: one worker, one device, one thread, one model, supervised. */
package io.espalier.actors.rank;
