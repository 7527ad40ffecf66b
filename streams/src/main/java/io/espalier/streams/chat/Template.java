package io.espalier.streams.chat;

import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * A chat template: Jinja with trimmed blocks, loop controls and no access to anything outside, as models are published
 * with. What it uses beyond that is refused when it is read. Safe for several threads.
 */
public final class Template {
    private final List<Node> nodes;

    private Template(List<Node> nodes) {
        this.nodes = nodes;
    }

    public static Template parse(String source) {
        return new Template(new TemplateParser(source).parse());
    }

    /**
     * Writes it out.
     *
     * @param variables strings, booleans, numbers, null, and lists and maps of them
     */
    public String render(Map<String, Object> variables) {
        Scope scope = new Scope(null);
        Renderer.functions(scope);
        variables.forEach(scope::set);
        try {
            return new Renderer(0).render(nodes, new Scope(scope));
        } catch (ArithmeticException | IndexOutOfBoundsException | NumberFormatException e) {
            throw new TemplateException(e.getMessage());
        } catch (NoSuchElementException _) {
            throw new TemplateException("a call lacks an argument");
        }
    }
}
