package io.espalier.streams.source;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Several files as one stream: each document comes from a file drawn with a probability proportional to the documents
 * that it is thought to hold (its size over the mean length of those read so far), so that domains mix from the first row
 * to the last. The draw depends on the seed and the files alone; a file that is read to its end leaves it.
 */
public final class Blend implements DocumentReader {
    private final RandomGenerator random;
    private final List<Open> files = new ArrayList<>();

    private static final class Open {
        /** Until a document has been read, one of this length is assumed. */
        private static final double PRIOR_LENGTH = 1000;

        private final DocumentReader reader;
        private final double bytes;
        private double length = PRIOR_LENGTH;
        private long documents = 1;

        Open(TextFile file, String textField) {
            this.reader = file.open(textField);
            this.bytes = Math.max(1, file.bytes());
        }

        double weight() {
            return bytes * documents / length;
        }
    }

    public Blend(List<TextFile> files, String textField, long seed) {
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        files.forEach(file -> this.files.add(new Open(file, textField)));
    }

    @Override
    public Document next() {
        while (!files.isEmpty()) {
            Open file = draw();
            Document document = file.reader.next();
            if (document != null) {
                file.length += document.text().length();
                file.documents++;
                return document;
            }
            file.reader.close();
            files.remove(file);
        }
        return null;
    }

    private Open draw() {
        double left =
                random.nextDouble() * files.stream().mapToDouble(Open::weight).sum();
        for (Open file : files) {
            left -= file.weight();
            if (left < 0) {
                return file;
            }
        }
        return files.getLast();
    }

    @Override
    public void close() {
        files.forEach(file -> file.reader.close());
        files.clear();
    }
}
