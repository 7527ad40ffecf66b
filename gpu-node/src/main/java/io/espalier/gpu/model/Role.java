package io.espalier.gpu.model;

/** The kind of units that lie along a dimension of a tensor. Pruning takes away whole units. */
public enum Role {
    /** Channels of the residual stream. */
    HIDDEN,
    /** Neurons of a gated MLP; those of a layer's experts are numbered expert by expert. */
    FFN,
    /** Query heads. */
    HEAD,
    /** Key-value heads. */
    GROUP,
    /** Experts that a router chooses from. */
    EXPERT,
    /** Tokens. */
    VOCABULARY,
    /** Elements that pruning leaves as they are. */
    FIXED
}
