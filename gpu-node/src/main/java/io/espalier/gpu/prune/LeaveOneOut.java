package io.espalier.gpu.prune;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.eval.Evaluator;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.torch.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The loss of a model with each of its layers left out: as many forward passes as there are layers, and one. */
public final class LeaveOneOut {
    private final Evaluator evaluator;
    private final List<Evaluator.Loaded> models = new ArrayList<>();
    private final double[] lossSums;
    private long targets;

    public LeaveOneOut(Torch torch, Evaluator.Loaded whole, ChunkedHead chunks) {
        this.evaluator = new Evaluator(torch, chunks);
        int layers = whole.model().config().numHiddenLayers();
        for (int left = 0; left <= layers; left++) {
            int without = left;
            List<Integer> kept =
                    IntStream.range(0, layers).filter(l -> l != without).boxed().toList();
            models.add(new Evaluator.Loaded(whole.model().keeping(kept), whole.weights()));
        }
        this.lossSums = new double[models.size()];
    }

    public void add(TokenBatch batch) {
        for (int i = 0; i < lossSums.length; i++) {
            Scores scores = evaluator.score(models.get(i), null, batch);
            lossSums[i] += scores.lossSum();
        }
        targets += batch.targets();
    }

    /** The statistics with these losses in place. */
    public ActivationStatistics addTo(ActivationStatistics s) {
        return new ActivationStatistics(
                s.rows(),
                s.tokens(),
                s.attentionNorm(),
                s.heads(),
                s.mlpNorm(),
                s.ffn(),
                s.experts(),
                s.finalNorm(),
                s.cosines(),
                s.blocks(),
                lossSums.clone(),
                targets);
    }
}
