package io.espalier.streams.chat;

import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;

/**
 * A chat template: Jinja with trimmed blocks, loop controls and no access to anything outside, as models are published
 * with. A template that uses more than that is refused, when it is read where that can be told. Safe for several
 * threads.
 */
public final class Template {
    private final List<TemplateNode> nodes;

    /** A half-open range of characters. */
    public record Range(int from, int to) {}

    /**
     * The text that a template wrote.
     *
     * @param generations the parts that the template marks as the assistant's, in their order
     */
    public record Written(String text, List<Range> generations) {}

    private Template(List<TemplateNode> nodes) {
        this.nodes = nodes;
    }

    public static Template parse(String source) {
        try {
            return new Template(new TemplateParser(source).parse());
        } catch (StackOverflowError _) {
            throw new TemplateException("nests too deep");
        }
    }

    /**
     * Writes it out.
     *
     * @param variables strings, booleans, numbers, null, and lists and maps of them
     * @param now what {@code strftime_now} tells
     */
    public Written render(Map<String, Object> variables, ZonedDateTime now) {
        Run run = new Run(now);
        TemplateScope scope = new TemplateScope(null);
        Globals.define(scope, run);
        variables.forEach(scope::set);
        Renderer renderer = new Renderer(run, 0);
        try {
            String text = renderer.render(nodes, new TemplateScope(scope));
            return new Written(text, renderer.generations());
        } catch (ArithmeticException | IndexOutOfBoundsException | NumberFormatException e) {
            throw new TemplateException(e.getMessage());
        } catch (StackOverflowError _) {
            throw new TemplateException("nests too deep");
        }
    }
}
