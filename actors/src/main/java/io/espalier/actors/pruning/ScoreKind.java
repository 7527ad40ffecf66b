package io.espalier.actors.pruning;

/** The scores that candidates can be compared by. */
public enum ScoreKind {
    /** KL(teacher ‖ candidate) on held-out text. */
    KL,
    /** Loss on held-out text. */
    LOSS,
    /** Accuracy on multiple choice. */
    CHOICES
}
