package io.espalier.actors.choices;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Questions as lines of JSON: question, choices, answer (an index from 0, or a letter from A), subject. */
public final class QuestionFile {
    private static final ObjectMapper JSON = new ObjectMapper();

    private QuestionFile() {}

    /** All questions of a file; refuses one that has none, or a line that is no question. */
    public static List<Question> read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw Refused.notFound(file, "must be a file of questions, one JSON object a line");
        }
        List<Question> questions = new ArrayList<>();
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            int number = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                if (!line.isBlank()) {
                    questions.add(question(file + ":" + number, line));
                }
            }
        } catch (CharacterCodingException e) {
            throw new Refused(Refused.Reason.VALIDATION, file + ": must be UTF-8", e);
        } catch (IOException e) {
            throw new Refused(Refused.Reason.NOT_ALLOWED, file + ": cannot be read: " + e.getMessage(), e);
        }
        if (questions.isEmpty()) {
            throw Refused.invalid(file, "questions", 0, "must be at least one");
        }
        return questions;
    }

    private static Question question(String where, String line) {
        JsonNode json;
        try {
            json = JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new Refused(Refused.Reason.VALIDATION, where + ": line is no JSON: " + LaxJson.problem(e), e);
        }
        JsonNode text = json.path("question");
        if (!text.isTextual()) {
            throw Refused.invalid(where, "question", text, "must be a string");
        }
        List<String> choices = new ArrayList<>();
        for (JsonNode choice : json.path("choices")) {
            if (!choice.isTextual()) {
                throw Refused.invalid(where, "choices", choice, "must be strings");
            }
            choices.add(choice.textValue());
        }
        if (choices.size() < 2 || choices.size() > Question.MOST_CHOICES) {
            throw Refused.invalid(where, "choices", choices.size(), "must be 2 to " + Question.MOST_CHOICES);
        }
        int answer = answer(json.path("answer"));
        if (answer < 0 || answer >= choices.size()) {
            throw Refused.invalid(where, "answer", json.path("answer"), "must be the index or the letter of a choice");
        }
        return new Question(
                text.textValue(), choices, answer, json.path("subject").asText(""));
    }

    private static int answer(JsonNode answer) {
        if (answer.isTextual() && answer.textValue().strip().length() == 1) {
            return answer.textValue().strip().charAt(0) - 'A';
        }
        return answer.isInt() ? answer.intValue() : -1;
    }

    /** Writes the questions anew. */
    static void write(Path file, List<Question> questions) {
        try (BufferedWriter writer = Files.newBufferedWriter(file)) {
            for (Question question : questions) {
                ObjectNode json = JSON.createObjectNode();
                json.put("question", question.question());
                question.choices().forEach(json.putArray("choices")::add);
                json.put("answer", question.answer()).put("subject", question.subject());
                writer.write(json.toString());
                writer.newLine();
            }
        } catch (IOException e) {
            throw new Refused(Refused.Reason.TRY_AGAIN, file + ": cannot be written: " + e.getMessage(), e);
        }
    }
}
