package io.espalier.streams.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Templates are written out as Jinja under Python writes them: every expected text here was found with Jinja2 3.1. */
@Timeout(30)
class TemplateTest {
    private static final ZonedDateTime NOW = ZonedDateTime.of(2026, 3, 7, 14, 5, 9, 0, ZoneOffset.UTC);

    private static String render(String template) {
        return Template.parse(template)
                .render(
                        Map.of("s", "  Ab\n", "list", List.of("a", "b", "c", "d"), "map", Map.of("k", 1L), "no", false),
                        NOW)
                .text();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            quoteCharacter = '`',
            value = {
                "{{ list[::-1]|join }}¦dcba",
                "{{ list[1:] }} {{ list[:-1] }} {{ list[-3:-1] }} {{ list[::2] }}¦['b', 'c', 'd'] ['a', 'b', 'c']"
                        + " ['b', 'c'] ['a', 'c']",
                "{{ 'abc'[::-1] }}{{ list[9:] }}{{ list[-1] }}¦cba[]d",
                "{{ 'a</t>b</t>c'.split('</t>')[-1] }}{{ 'x  y z'.split()[1] }}{{ 'a,b,c'.split(',', 1) }}¦cy['a',"
                        + " 'b,c']",
                "{{ 'xxaxx'.strip('x') }}{{ 'xxaxx'.lstrip('x') }}{{ 'xxaxx'.rstrip('x') }}[{{ s.strip()"
                        + " }}]¦aaxxxxa[Ab]",
                "{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith('ab') }} {{ 'b' in 'abc' }} {{ 'b' not in list }}¦True"
                        + " False True False",
                "{{ map.k is defined }} {{ map.z is defined }} {{ map.z is none }} {{ none is none }} {{ no is false"
                        + " }}¦True False False True True",
                "{{ s is string and not map is string }} {{ list is iterable and list is not mapping }}¦True True",
                "{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 + 3 * 4 - 1 }} {{ 1 ~ (2 + 3) }}¦3 -4 2 3.5"
                        + " 13 15",
                "{{ 'a' if no else 'b' }}{{ 'c' if no }}{{ no or 'd' }}{{ 1 < 2 < 3 and 2 == 2.0 }}¦bdTrue",
                "{{ {'a': [1, none, true, 'é\"'], 'b': {}}|tojson }}¦{\"a\": [1, null, true, \"é\\\"\"], \"b\": {}}",
                "{{ list|length }}{{ list|first }}{{ list|last }}{{ s|trim }}{{ zz|default('q') }}{{ no|default('r',"
                        + " true) }}¦4adAbqr",
                "{{ [{'a': 1}, {'a': 2}]|map(attribute='a')|join('-') }} {{ [{'a': 1}, {'a': 2}]|selectattr('a',"
                        + " 'equalto', 2)|list|length }}¦1-2 1",
                "{{ 'it''s' ~ {'a': none} }}¦its{'a': None}",
            })
    void writesExpressions(String template, String expected) {
        assertThat(render(template)).isEqualTo(expected);
    }

    @Test
    void loopsHaveTheirStateAndKeepTheirVariables() {
        assertThat(render("{% set n = namespace(last='') %}{% set kept = 0 %}"
                        + "{% for x in list if x != 'b' %}{% set kept = loop.index %}"
                        + "{{ loop.index0 }}{{ x }}{{ '|' if not loop.last }}{% set n.last = x %}{% endfor %}"
                        + " {{ kept }}{{ n.last }}{{ loop is defined }}"))
                .isEqualTo("0a|1c|2d 0dFalse");
        assertThat(render("{% for x in list %}{% if x == 'b' %}{% continue %}{% elif x == 'd' %}{% break %}"
                        + "{% else %}{{ x }}{% endif %}{% endfor %}{% for x in [] %}{% else %}none{% endfor %}"))
                .isEqualTo("acnone");
        assertThat(render("{% for k, v in map.items() %}{{ k }}={{ v }}{% endfor %}"))
                .isEqualTo("k=1");
    }

    @Test
    void macrosAndBlocksOfTextAreValues() {
        assertThat(render("{% macro turn(role, text='-') %}<{{ role }}>{{ text }}{% endmacro %}"
                        + "{{ turn('a', 'b') }}{{ turn('c') }}{{ turn('d', text='e') }}"
                        + "{% set block %}x{{ 1 }}{% endset %}{{ block|upper }}"))
                .isEqualTo("<a>b<c>-<d>eX1");
    }

    @Test
    void whitespaceGoesAsTheModelsToolsHaveIt() {
        assertThat(render("a\n  {% if true %}\n  b\n  {% endif %}\nc\n")).isEqualTo("a\n  b\nc");
        assertThat(render("a\n  {%- if true %}\n  b\n  {%- endif -%}\n c {{- 'd' -}} \n e"))
                .isEqualTo("a  b" + "cde");
        assertThat(render("x {# gone #} y\n  {# line #}\nz {{ 'p' }}\nq")).isEqualTo("x  y\nz p\nq");
        assertThat(render("{{ '{% no tag %}' }}{{ \"}}\" }}")).isEqualTo("{% no tag %}}}");
    }

    @Test
    void refusesWhatItCannotRunBeforeItIsRun() {
        refused("{% include 'x' %}", "{% include %} is not supported");
        refused("{{ x|groupby('a') }}", "filter '| groupby' is not supported");
        refused("{{ x is glorious }}", "test 'is glorious' is not supported");
        refused("{{ x|trim(1, 2) }}", "'trim' takes 1 arguments, not 2");
        refused("{{ x|tojson(default=1) }}", "argument 'default' of 'tojson' is not supported");
        refused("{{ x is odd(1) }}", "'odd' takes 0 arguments, not 1");
        refused("{% for x in y recursive %}{% endfor %}", "a loop that is 'recursive' is not supported");
        refused("{{ f(*x) }}", "'*' before an argument is not supported");
        refused("{% if x %}", "{% endif %} is missing");
        refused("{% endfor %}", "{% endfor %} closes nothing");
        refused("{{ x ", "a tag is not closed");
        refused("{{ 'x }}", "a tag is not closed");
        refused("{{ x y }}", "'y' where the end of the tag should be");
    }

    private static void refused(String template, String message) {
        assertThatThrownBy(() -> Template.parse(template))
                .isInstanceOf(TemplateException.class)
                .hasMessageContaining(message);
    }

    @Test
    void mistakesWhileWritingAreSaid() {
        for (Map.Entry<String, String> each : Map.of(
                        "{{ raise_exception('roles must alternate') }}", "the template refuses: roles must alternate",
                        "{{ a.b.c }}", "a is not there: no .b",
                        "{{ strftime_now('%Q') }}", "'%Q' of strftime_now is not supported",
                        "{{ lipsum() }}", "function lipsum() is not supported",
                        "{{ 's'.format(3) }}", "method .format() of 's' is not supported",
                        "{{ 'a'.strip('a', 'b') }}", "'strip' takes 1 arguments, not 2",
                        "{{ [1].append(2) }}", "method .append() of [1] is not supported",
                        "{{ 'a' + 1 }}", "cannot work out 'a' + 1",
                        "{% for i in range(1000000) %}{% endfor %}", "a range of more than")
                .entrySet()) {
            assertThatThrownBy(() -> render(each.getKey()))
                    .as(each.getKey())
                    .isInstanceOf(TemplateException.class)
                    .hasMessageContaining(each.getValue());
        }
    }
}
