package io.espalier.gpu.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A continuation has the same likelihood whether its context's pass is shared, batched or its own. */
@Timeout(60)
class ContinuationsTest {
    private static final int MEMBERS = 4;

    private final ChunkedHead chunks = new ChunkedHead(1 << 12);
    private Torch torch;

    @BeforeEach
    void open() {
        torch = Torch.open("cpu", Dtype.F32, 1);
    }

    @AfterEach
    void close() {
        torch.close();
    }

    private static ModelConfig windowed() {
        ObjectNode json = TinyModel.config().json().deepCopy();
        json.put("use_sliding_window", true).put("sliding_window", 5).put("max_window_layers", 0);
        return ModelConfig.of(json);
    }

    private static ModelConfig deltaNet() {
        ObjectNode json = TinyModel.config().json().deepCopy();
        json.put("model_type", "qwen3_5_text").put("num_hidden_layers", MEMBERS).put("full_attention_interval", 2);
        json.put("linear_key_head_dim", 8).put("linear_value_head_dim", 8).put("linear_conv_kernel_dim", 4);
        json.put("linear_num_key_heads", 2).put("linear_num_value_heads", 4).put("partial_rotary_factor", 0.5);
        return ModelConfig.of(json);
    }

    /** Contexts of three lengths with a common beginning; one stands twice; continuations of one to four tokens. */
    private static List<Continuations.Request> requests(Random random) {
        int[] shared = random.ints(7, 0, TinyModel.VOCAB_SIZE).toArray();
        List<Continuations.Request> requests = new ArrayList<>();
        for (int length : new int[] {1, 3, 3, 12}) {
            int[] context = IntStream.concat(IntStream.of(shared), random.ints(length, 0, TinyModel.VOCAB_SIZE))
                    .toArray();
            for (int tokens = 1; tokens <= MEMBERS; tokens++) {
                for (int twice = 0; twice < 2; twice++) {
                    requests.add(new Continuations.Request(
                            context,
                            random.ints(tokens, 0, TinyModel.VOCAB_SIZE).toArray()));
                }
            }
        }
        return requests;
    }

    private double alone(Evaluator evaluator, Evaluator.Loaded model, Continuations.Request request) {
        int[] all = IntStream.concat(IntStream.of(request.context()), IntStream.of(request.continuation()))
                .toArray();
        float[] losses = evaluator.tokenLosses(model, new TokenBatch(0, 1, all.length - 1, all, null, List.of()));
        double sum = 0;
        for (int i = losses.length - request.continuation().length; i < losses.length; i++) {
            sum -= losses[i];
        }
        return sum;
    }

    private void sameSharedAndAlone(ModelConfig config, String what) {
        long seed = 5;
        List<Continuations.Request> requests = requests(new Random(seed));
        try (Weights weights = Weights.frozen(torch, config, new RandomWeights(config, seed), Dtype.F32)) {
            Evaluator.Loaded model = new Evaluator.Loaded(new CausalLm(torch, config), weights);
            double[] alone = requests.stream()
                    .mapToDouble(request -> alone(new Evaluator(torch, chunks), model, request))
                    .toArray();
            for (int rows : new int[] {1, 5, 100}) {
                List<Long> told = new ArrayList<>();
                double[] found = new Continuations(torch, chunks, model, rows).logLikelihoods(requests, told::add);
                assertThat(found).as("%s, %d rows, seed %d", what, rows, seed).containsExactly(alone, within(2e-5));
                assertThat(told).isSorted().endsWith((long) requests.size());
            }
        }
    }

    @Test
    void sharedPassesGiveWhatEachRequestGivesAlone() {
        sameSharedAndAlone(TinyModel.config(), "attention to everything");
        sameSharedAndAlone(windowed(), "attention within a window");
        sameSharedAndAlone(deltaNet(), "DeltaNet layers beside attention");
    }

    @Test
    void aContextOfOneTokenIsEnough() {
        ModelConfig config = TinyModel.config();
        try (Weights weights = Weights.frozen(torch, config, new RandomWeights(config, 1), Dtype.F32)) {
            Evaluator.Loaded model = new Evaluator.Loaded(new CausalLm(torch, config), weights);
            Continuations.Request request = new Continuations.Request(new int[] {3}, new int[] {4, 5});
            assertThat(new Continuations(torch, chunks, model, 1).logLikelihoods(List.of(request), _ -> {})[0])
                    .isCloseTo(alone(new Evaluator(torch, chunks), model, request), within(1e-5));
        }
    }

    @Test
    void refusesAnIdBehindTheVocabulary() {
        ModelConfig config = TinyModel.config();
        try (Weights weights = Weights.frozen(torch, config, new RandomWeights(config, 1), Dtype.F32)) {
            Continuations continuations =
                    new Continuations(torch, chunks, new Evaluator.Loaded(new CausalLm(torch, config), weights), 1);
            List<Continuations.Request> requests =
                    List.of(new Continuations.Request(new int[] {3}, new int[] {TinyModel.VOCAB_SIZE}));
            assertThatThrownBy(() -> continuations.logLikelihoods(requests, _ -> {}))
                    .isInstanceOf(Refused.class)
                    .hasMessage("context: token id is 50: must be in [0, 50)");
        }
    }
}
