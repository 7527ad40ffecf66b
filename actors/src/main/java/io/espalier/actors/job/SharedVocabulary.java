package io.espalier.actors.job;

import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.TokenizerJson;
import io.espalier.gpu.model.ModelConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A divergence is defined over one vocabulary: two models may be compared where they read the same tokens. */
public final class SharedVocabulary {
    private SharedVocabulary() {}

    /**
     * Tokens that both models have logits of. Where their tokenizers are the same, a larger vocab_size is padding, which
     * takes no part in a divergence.
     */
    public static int size(Path student, Path teacher) {
        int mine = ModelConfig.read(student).vocabSize();
        int theirs = ModelConfig.read(teacher).vocabSize();
        boolean told = Files.exists(teacher.resolve(TokenizerJson.NAME));
        if (!told && mine != theirs) {
            throw Refused.invalid(
                    student,
                    "vocab_size",
                    mine,
                    "must be the teacher's " + theirs + " (" + teacher + "), which has no tokenizer to compare");
        }
        if (told) {
            requireSameTokenizer(student, teacher);
        }
        return Math.min(mine, theirs);
    }

    private static void requireSameTokenizer(Path student, Path teacher) {
        TokenizerJson mine = TokenizerJson.read(student);
        if (isCopy(mine.file(), teacher.resolve(TokenizerJson.NAME))) {
            return;
        }
        TokenizerJson theirs = TokenizerJson.read(teacher);
        theirs.identity().difference(mine.identity()).ifPresent(difference -> {
            throw new Refused(
                    Refused.Reason.VALIDATION,
                    mine.file() + ": tokenizer differs from the teacher's " + theirs.file() + ": " + difference
                            + " (the teacher's first): must mean the same");
        });
    }

    /** A pruned student has its teacher's very file: what it means need not be worked out. */
    private static boolean isCopy(Path one, Path other) {
        try {
            return Files.mismatch(one, other) < 0;
        } catch (IOException e) {
            throw new UncheckedIOException(other.toString(), e);
        }
    }
}
