package io.espalier.actors.choices;

import java.util.List;

/**
 * A multiple-choice question.
 *
 * @param answer index of the right choice
 * @param subject what it is about, "" for nothing in particular
 */
public record Question(String question, List<String> choices, int answer, String subject) {
    /** A to Z are the letters that choices are known by. */
    static final int MOST_CHOICES = 26;

    public Question {
        choices = List.copyOf(choices);
        if (choices.size() < 2 || choices.size() > MOST_CHOICES || answer < 0 || answer >= choices.size()) {
            throw new IllegalArgumentException(choices.size() + " choices, answer " + answer);
        }
    }

    static String letter(int choice) {
        return String.valueOf((char) ('A' + choice));
    }
}
