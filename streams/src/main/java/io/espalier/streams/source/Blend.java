package io.espalier.streams.source;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Several files as one stream: each document comes from a file drawn with a probability proportional to its size, so
 * that domains mix from the first row to the last. The draw depends on the seed alone; a file that is read to its end
 * leaves the draw.
 */
public final class Blend implements DocumentReader {
    private final RandomGenerator random;
    private final List<DocumentReader> readers = new ArrayList<>();
    private final List<Long> weights = new ArrayList<>();

    public Blend(List<TextFile> files, String textField, long seed) {
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (TextFile file : files) {
            readers.add(file.open(textField));
            weights.add(Math.max(1, file.bytes()));
        }
    }

    @Override
    public Document next() {
        while (!readers.isEmpty()) {
            int i = draw();
            Document document = readers.get(i).next();
            if (document != null) {
                return document;
            }
            readers.remove(i).close();
            weights.remove(i);
        }
        return null;
    }

    private int draw() {
        long total = weights.stream().mapToLong(Long::longValue).sum();
        long left = random.nextLong(total);
        int i = 0;
        while (left >= weights.get(i)) {
            left -= weights.get(i++);
        }
        return i;
    }

    @Override
    public void close() {
        readers.forEach(DocumentReader::close);
        readers.clear();
        weights.clear();
    }
}
