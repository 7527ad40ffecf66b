package io.espalier.actors.rank;

import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;

/**
 * A rank before anything runs in it.
 *
 * @param name unique in the cluster
 * @param device cpu or cuda:N
 * @param threads of one operator
 */
public record RankPlace(String name, RankRole role, String device, int threads) {}
