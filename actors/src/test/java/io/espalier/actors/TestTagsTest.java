package io.espalier.actors;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.properties.HasAnnotations;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Tags;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A plain {@code mvn verify} answers in minutes because every test that starts a process, a broker, a database or a browser
 * carries the tag {@code full}. The rule follows calls through the test classes of all modules, from each test and from what
 * runs before it, to whatever starts one of these.
 */
@Timeout(120)
class TestTagsTest {
    private static final String FULL = "full";
    private static final Pattern STARTERS = Pattern.compile("java\\.lang\\.ProcessBuilder"
            + "|java\\.lang\\.Runtime\\.exec"
            + "|com\\.microsoft\\.playwright\\.Playwright"
            + "|kafka\\.(server|testkit)\\..*"
            + "|io\\.espalier\\.actors\\.rank\\.JvmLauncher");

    @Test
    void everyTestThatStartsAProcessABrokerOrABrowserBearsTheTag() {
        JavaClasses classes = new ClassFileImporter().importPaths(testClasses());
        Map<JavaCodeUnit, Boolean> known = new HashMap<>();
        Set<String> untagged = new TreeSet<>();
        for (JavaClass test : classes) {
            if (tagged(test)) {
                continue;
            }
            for (JavaCodeUnit unit : entries(test)) {
                if (!isFull(unit) && known.computeIfAbsent(unit, TestTagsTest::startsSomething)) {
                    untagged.add(unit.getFullName());
                }
            }
        }
        assertThat(untagged)
                .as("tests that start a process and lack @Tag(\"full\")")
                .isEmpty();
    }

    private static List<Path> testClasses() {
        Path root = Path.of(System.getProperty("espalier.root"));
        return Stream.of("gpu-node", "streams", "actors")
                .map(module -> root.resolve(module).resolve("target/test-classes"))
                .filter(Files::isDirectory)
                .toList();
    }

    /** The class, a class around it or one that it extends has the tag. */
    private static boolean tagged(JavaClass test) {
        return isFull(test)
                || test.getEnclosingClass().map(TestTagsTest::tagged).orElse(false)
                || test.getRawSuperclass().map(TestTagsTest::tagged).orElse(false);
    }

    /** Several tags on one element stand in an annotation {@link Tags}. */
    private static boolean isFull(HasAnnotations<?> element) {
        Stream<Tag> tags = element.isAnnotatedWith(Tags.class)
                ? Stream.of(element.getAnnotationOfType(Tags.class).value())
                : element.isAnnotatedWith(Tag.class) ? Stream.of(element.getAnnotationOfType(Tag.class)) : Stream.of();
        return tags.anyMatch(tag -> tag.value().equals(FULL));
    }

    /** The tests of a class and what JUnit calls around them, inherited ones too; nothing for a class without tests. */
    private static List<JavaCodeUnit> entries(JavaClass test) {
        if (!test.getSimpleName().endsWith("Test") && test.getEnclosingClass().isEmpty()) {
            return List.of();
        }
        return test.getAllMethods().stream()
                .filter(method -> method.getAnnotations().stream()
                        .map(annotation -> annotation.getRawType().getPackageName())
                        .anyMatch(name -> name.startsWith("org.junit.jupiter") || name.startsWith("net.jqwik")))
                .map(JavaCodeUnit.class::cast)
                .toList();
    }

    private static boolean startsSomething(JavaCodeUnit entry) {
        Set<JavaCodeUnit> seen = new HashSet<>(Set.of(entry));
        Deque<JavaCodeUnit> open = new ArrayDeque<>(seen);
        while (!open.isEmpty()) {
            for (var access : open.pop().getAccessesFromSelf()) {
                String owner = access.getTargetOwner().getFullName();
                if (STARTERS.matcher(owner).matches()
                        || STARTERS.matcher(owner + "." + access.getTarget().getName())
                                .matches()) {
                    return true;
                }
                if (owner.startsWith("io.espalier")) {
                    access.getTarget()
                            .resolveMember()
                            .filter(JavaCodeUnit.class::isInstance)
                            .map(JavaCodeUnit.class::cast)
                            .filter(seen::add)
                            .ifPresent(open::push);
                }
            }
        }
        return false;
    }
}
