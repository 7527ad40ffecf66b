package io.espalier.actors.pruning;

/** What candidates are compared by. */
public enum ScoreKind {
    /** KL(teacher ‖ candidate) on held-out text. */
    KL,
    /** Loss on held-out text. */
    LOSS,
    /** Accuracy on multiple choice. */
    CHOICES
}
