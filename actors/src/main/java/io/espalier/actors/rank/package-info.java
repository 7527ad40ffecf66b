/**
 * Ranks: one worker, one device, one thread, one model, supervised. A {@link io.espalier.actors.rank.RankWorker} is an
 * actor with a thread of its own, on which its model is opened, used and closed; a step is computed there. Others ask
 * it through a {@link io.espalier.actors.rank.RankLink}. {@link io.espalier.actors.rank.RankSupervisor} starts ranks of
 * this process; {@link io.espalier.actors.rank.RankProcess} keeps one in a process of its own and starts it again.
 */
package io.espalier.actors.rank;
