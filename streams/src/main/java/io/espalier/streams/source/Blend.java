package io.espalier.streams.source;

import io.espalier.streams.source.BlendPosition.FilePosition;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Documents of several files, drawn in proportion: each draw takes a file with probability proportional to the documents
 * that it is thought to hold (its size over the mean length of those read so far), so that domains mix from the first row
 * to the last. The draw depends on the seed and the files alone; a file that is read to its end leaves it.
 *
 * <p>With shares of their own files are drawn so that each gives its share of the text, whatever it holds: one that is
 * read to its end begins anew, and the blend has none.
 */
public final class Blend implements DocumentReader {
    /** The step of SplittableRandom: a seed this much further gives its next number. */
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private final long seed;
    private final ReadSettings settings;
    private final List<Source> sources = new ArrayList<>();
    private long draws;
    /** The source whose document has begun and not ended; null where there is none. */
    private Source within;

    private static final class Source {
        /** The characters that a document is taken to have until one has been read. */
        private static final double PRIOR_LENGTH = 1000;

        private final TextFile file;
        private final double size;
        private final boolean endless;
        private DocumentReader reader;
        private long documents;
        private long characters;
        private long passed;
        private boolean ended;
        private Document peeked;

        /** @param share of the text; null where it is what the file holds */
        Source(TextFile file, Double share, FilePosition at) {
            this.file = file;
            this.size = share == null ? Math.max(1, file.bytes()) : share;
            this.endless = share != null;
            this.documents = at.documents();
            this.characters = at.characters();
            this.passed = at.passed();
            this.ended = at.ended();
        }

        double weight() {
            return ended ? 0 : size * (documents + 1) / (PRIOR_LENGTH + characters);
        }

        /** Opened when it is first drawn, at its position. */
        Document next(ReadSettings settings) {
            Document document = peeked == null ? read(settings) : peeked;
            peeked = null;
            if (document == null) {
                // A file that gives nothing would be gone through for ever.
                ended = !endless || characters == 0;
                passed = documents;
                close();
            } else {
                documents++;
                characters += document.length();
            }
            return document;
        }

        private Document read(ReadSettings settings) {
            if (reader == null) {
                reader = file.open(settings);
                reader.skip(documents - passed);
            }
            return reader.next();
        }

        /** Whether the position lies within a document, of which the rest comes next. */
        boolean within(ReadSettings settings) {
            if (ended || documents == passed || !file.maybePieces()) {
                return false;
            }
            peeked = read(settings);
            boolean within = peeked != null && peeked.continues();
            if (!within) {
                peeked = null;
                close();
            }
            return within;
        }

        void close() {
            if (reader != null) {
                reader.close();
                reader = null;
            }
        }
    }

    /** @param from of the same files, in the same order */
    public Blend(List<TextFile> files, BlendWeights weights, ReadSettings settings, long seed, BlendPosition from) {
        if (from.files().size() != files.size()) {
            throw new IllegalArgumentException(
                    "a position of " + from.files().size() + " files where there are " + files.size());
        }
        this.seed = seed;
        this.settings = settings;
        this.draws = from.draws();
        for (int i = 0; i < files.size(); i++) {
            Double share = weights.shares().isEmpty() ? null : weights.shares().get(i);
            sources.add(new Source(files.get(i), share, from.files().get(i)));
        }
        try {
            within = sources.stream()
                    .filter(source -> source.within(settings))
                    .findFirst()
                    .orElse(null);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    @Override
    public Document next() {
        for (Source drawn = within == null ? draw() : within; drawn != null; drawn = draw()) {
            Document document = drawn.next(settings);
            if (document != null) {
                within = document.ends() ? null : drawn;
                return document;
            }
        }
        return null;
    }

    private Source draw() {
        double all = sources.stream().mapToDouble(Source::weight).sum();
        double left = new SplittableRandom(seed + GOLDEN_GAMMA * draws++).nextDouble() * all;
        Source last = null;
        for (Source source : sources) {
            if (!source.ended) {
                last = source;
                left -= source.weight();
                if (left < 0) {
                    return source;
                }
            }
        }
        return last;
    }

    /** The place up to which the blend has been read. */
    public BlendPosition position() {
        return new BlendPosition(
                draws,
                sources.stream()
                        .map(s -> new FilePosition(s.documents, s.characters, s.passed, s.ended))
                        .toList());
    }

    @Override
    public void close() {
        sources.forEach(Source::close);
    }
}
