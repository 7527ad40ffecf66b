package io.espalier.streams.batch;

import io.espalier.gpu.train.Provenance;
import java.util.List;

/** One packed row of seqLength + 1 ids, and the records it was cut from. */
record Row(int[] ids, List<Provenance> provenance) {}
