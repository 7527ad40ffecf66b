package io.espalier.streams.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** A template is somebody else's text: it can neither end the process nor fill memory or time. */
@Timeout(120)
class TemplateLimitsTest {
    private static final ZonedDateTime NOW = ZonedDateTime.of(2026, 3, 7, 14, 5, 9, 0, ZoneOffset.UTC);
    private static final int MANY = 60_000;

    private static String render(String template) {
        return Template.parse(template).render(Map.of(), NOW).text();
    }

    @TestFactory
    Stream<DynamicTest> whatNestsWithoutEndIsRefused() {
        return Stream.of(
                        "{{ " + "(".repeat(MANY) + "1" + ")".repeat(MANY) + " }}",
                        "{{ " + "[".repeat(MANY) + "]".repeat(MANY) + " }}",
                        "{{ " + "{1:".repeat(MANY) + "1" + "}".repeat(MANY) + " }}",
                        "{{ " + "not ".repeat(MANY) + "1 }}",
                        "{{ " + "-".repeat(MANY) + "1 }}",
                        "{{ " + "1 if 1 else ".repeat(MANY) + "1 }}",
                        "{{ 1" + " + 1".repeat(MANY) + " }}",
                        "{{ 'a'" + "|trim".repeat(MANY) + " }}",
                        "{{ x" + ".y".repeat(MANY) + " }}",
                        "{{ x" + "()".repeat(MANY) + " }}",
                        "{% if 1 %}".repeat(MANY) + "{% endif %}".repeat(MANY),
                        "{% for x in y %}".repeat(MANY),
                        "{% macro f(n) %}{{ f(n) }}{% endmacro %}{{ f(1) }}")
                .map(template -> DynamicTest.dynamicTest(
                        template.substring(0, Math.min(30, template.length())),
                        () -> assertThatThrownBy(() -> render(template))
                                .isInstanceOf(TemplateException.class)
                                .hasMessageMatching(
                                        "nests more than .*|has more than .*|nests too deep|macros call each"
                                                + " other .*")));
    }

    @Test
    void aLongChainOfChoicesIsNoNesting() {
        String template = "{% if 0 %}0" + "{% elif 0 %}1".repeat(5000) + "{% else %}last{% endif %}";
        assertThat(render(template)).isEqualTo("last");
    }

    @TestFactory
    Stream<DynamicTest> whatGrowsWithoutEndIsRefused() {
        return Stream.of(
                        "{% set n = namespace(s='ab') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
                        "{% set n = namespace(s='ab') %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}",
                        "{{ 'ab' * 9999999999 }}",
                        "{{ [1] * 9999999999 }}",
                        "{{ 'a'.ljust(99999999999) }}",
                        "{{ 'a\\n'|indent(9999999999) }}",
                        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
                        "{% macro f() %}{% for i in range(100000) %}{{ i }}{% endfor %}{% endmacro %}"
                                + "{% for i in range(100000) %}{{ f() }}{% endfor %}",
                        "{{ range(100001) }}",
                        "{{ 9223372036854775807 + 1 }}",
                        "{{ 9 ** 9999999999 }}")
                .map(template -> DynamicTest.dynamicTest(
                        template,
                        () -> assertThatThrownBy(() -> render(template)).isInstanceOf(TemplateException.class)));
    }
}
