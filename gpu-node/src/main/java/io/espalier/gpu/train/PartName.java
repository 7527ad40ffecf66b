package io.espalier.gpu.train;

import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The name of a part of a signal. Between processes it is a pair of numbers, {@link #site} and {@link #layer}, whose meaning
 * never changes: numbers may be added, and none is used again.
 */
public sealed interface PartName {
    /** The state that went through a place of the model. */
    record State(Place place) implements PartName {
        @Override
        public int site() {
            return number(place.site());
        }

        @Override
        public int layer() {
            return place.layer();
        }
    }

    /** The sums of calibration at a place: channel sums [6, C], or [1] of cosines after a layer; F64. */
    record Sums(Place place) implements PartName {
        @Override
        public int site() {
            return FIRST_OF_SUMS + number(place.site());
        }

        @Override
        public int layer() {
            return place.layer();
        }
    }

    /** Parts that belong to no layer. */
    enum Extra implements PartName {
        /** Which targets of the batch count: BOOL [B, S]. */
        LOSS_MASK(64),
        /** Rows and counting positions that calibration has seen: I64 [2]. */
        COUNTS(65),
        /** The positions at which documents begin inside the rows of a batch, counted through all its inputs: I32 [N]. */
        DOCUMENTS(66);

        private final int site;

        Extra(int site) {
            this.site = site;
        }

        @Override
        public int site() {
            return site;
        }

        @Override
        public int layer() {
            return 0;
        }
    }

    /** Numbers of {@link Sums} are those of their sites from here on. */
    int FIRST_OF_SUMS = 32;

    int site();

    /** Not below 0. */
    int layer();

    /** The part that a pair of numbers names; empty where it names none, as one of a newer version may. */
    static Optional<PartName> of(int site, int layer) {
        if (layer < 0) {
            return Optional.empty();
        }
        Stream<PartName> named = Arrays.stream(Site.values())
                .map(s -> new Place(s, layer))
                .flatMap(place -> Stream.of(new State(place), new Sums(place)));
        return Stream.concat(named, Arrays.stream(Extra.values()))
                .filter(name -> name.site() == site && name.layer() == layer)
                .findFirst();
    }

    private static int number(Site site) {
        return switch (site) {
            case LAYER_INPUT -> 0;
            case ATTENTION_NORM -> 1;
            case O_PROJ_INPUT -> 2;
            case MLP_NORM -> 3;
            case DOWN_PROJ_INPUT -> 4;
            case LAYER_OUTPUT -> 5;
            case FINAL_NORM -> 6;
            case EXPERTS -> 7;
        };
    }
}
