package io.espalier.streams.tasks;

import java.util.List;

/**
 * A question of a benchmark. The texts that a model chooses among differ in their answers, or, where a blank is filled in, in
 * their questions.
 *
 * @param row it comes from
 * @param questions of each choice
 * @param answers of each choice, without the blank before them
 * @param gold the number of the right choice
 */
record Item(TaskRow row, List<String> questions, List<String> answers, int gold) {
    /** Makes a question that is the same for all of its choices. */
    static Item of(TaskRow row, String question, List<String> answers, int gold) {
        return new Item(row, answers.stream().map(_ -> question).toList(), answers, gold);
    }

    /** The item with its right answer, as an example. */
    String solved() {
        String question = questions.get(gold);
        String answer = answers.get(gold);
        return answer.isEmpty() ? question : question + " " + answer + "\n\n";
    }
}
