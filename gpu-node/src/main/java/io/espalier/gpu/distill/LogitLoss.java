package io.espalier.gpu.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.espalier.gpu.Refused;
import io.espalier.gpu.torch.Scope;

/**
 * The distance of a student's distribution q over the vocabulary from its teacher's p, or from the token that followed.
 * Value and gradient by the logits are closed forms; the kernels state them.
 */
public sealed interface LogitLoss {
    /** The spelling of the loss in {@code --loss}: name[:parameter]. */
    String label();

    /** A divergence of the student from its teacher. */
    sealed interface Divergence extends LogitLoss {
        /** Loss of each token [n] and its gradient [n, V], from log-probabilities [n, V]. */
        NDList of(Scope scope, NDArray student, NDArray teacher);
    }

    /** -log q(next token); needs no teacher, and knows no temperature. */
    record CrossEntropy() implements LogitLoss {
        @Override
        public String label() {
            return "ce";
        }
    }

    /** KL(p ‖ q) (Hinton et al., 2015). */
    record ForwardKl() implements Divergence {
        @Override
        public String label() {
            return "forward-kl";
        }

        @Override
        public NDList of(Scope scope, NDArray student, NDArray teacher) {
            return scope.run("forward_kl", student, teacher);
        }
    }

    /** KL(q ‖ p) (MiniLLM, Gu et al., 2023). */
    record ReverseKl() implements Divergence {
        @Override
        public String label() {
            return "reverse-kl";
        }

        @Override
        public NDList of(Scope scope, NDArray student, NDArray teacher) {
            return scope.run("reverse_kl", student, teacher);
        }
    }

    /**
     * Generalised Jensen-Shannon divergence (GKD, Agarwal et al., 2023): with m = βp + (1-β)q, β KL(p ‖ m) + (1-β)
     * KL(q ‖ m). It vanishes with β or 1-β, so that both limits are left to {@link ForwardKl} and {@link ReverseKl}.
     */
    record JensenShannon(double beta) implements Divergence {
        public JensenShannon {
            share("jsd", beta);
        }

        @Override
        public String label() {
            return "jsd:" + beta;
        }

        @Override
        public NDList of(Scope scope, NDArray student, NDArray teacher) {
            return scope.run("jensen_shannon", student, teacher, beta, Math.log(beta), Math.log1p(-beta));
        }
    }

    /** KL(p ‖ λp + (1-λ)q) (DistiLLM, Ko et al., 2024). */
    record SkewForwardKl(double lambda) implements Divergence {
        public SkewForwardKl {
            share("skew-forward-kl", lambda);
        }

        @Override
        public String label() {
            return "skew-forward-kl:" + lambda;
        }

        @Override
        public NDList of(Scope scope, NDArray student, NDArray teacher) {
            return scope.run("skew_forward_kl", student, teacher, lambda, Math.log(lambda), Math.log1p(-lambda));
        }
    }

    /** KL(q ‖ (1-λ)p + λq). */
    record SkewReverseKl(double lambda) implements Divergence {
        public SkewReverseKl {
            share("skew-reverse-kl", lambda);
        }

        @Override
        public String label() {
            return "skew-reverse-kl:" + lambda;
        }

        @Override
        public NDList of(Scope scope, NDArray student, NDArray teacher) {
            return scope.run("skew_reverse_kl", student, teacher, lambda, Math.log(lambda), Math.log1p(-lambda));
        }
    }

    /** Forward KL over the teacher's k likeliest tokens. */
    record TopK(int k, Rest rest) implements Divergence {
        /** The fate of the other tokens. */
        public enum Rest {
            /** They are one bucket more: the loss is 0 only where p = q on the k, and never above the full one. */
            TAIL,
            /** They are left out of both distributions. */
            LEFT_OUT,
            /** They are left out of the teacher's alone. */
            ZERO
        }

        public TopK {
            if (k < 1) {
                throw Refused.usage("loss top-k", k, "must be at least 1");
            }
        }

        @Override
        public String label() {
            return "top-k:" + k + ":" + LossSyntax.spelt(rest);
        }

        @Override
        public NDList of(Scope scope, NDArray student, NDArray teacher) {
            String kernel = switch (rest) {
                case TAIL -> "top_k_tail";
                case LEFT_OUT -> "top_k_both";
                case ZERO -> "top_k_teacher";
            };
            return scope.run(
                    kernel, student, teacher, Math.min(k, student.getShape().get(1)));
        }
    }

    /** Half the sum of |p - q|. */
    record TotalVariation() implements Divergence {
        @Override
        public String label() {
            return "total-variation";
        }

        @Override
        public NDList of(Scope scope, NDArray student, NDArray teacher) {
            return scope.run("total_variation", student, teacher);
        }
    }

    private static void share(String name, double value) {
        if (!(value > 0 && value < 1)) {
            throw Refused.usage("loss " + name, value, "must be between 0 and 1");
        }
    }
}
