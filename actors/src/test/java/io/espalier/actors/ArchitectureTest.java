package io.espalier.actors;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The house as designed: arrows point down, and each heavy dependency is imported in one module. */
@Timeout(120)
class ArchitectureTest {
    private static final String PROTO = "io.espalier.proto..";
    private static final String GPU = "io.espalier.gpu..";
    private static final String STREAMS = "io.espalier.streams..";
    private static final String ACTORS = "io.espalier.actors..";

    private static final String COMMAND_LINE = "io.espalier.actors.cli..";

    private static JavaClasses classes;

    @BeforeAll
    static void load() {
        classes = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .withImportOption(location -> !location.contains("-tests.jar"))
                .importPackages("io.espalier");
    }

    @Test
    void arrowsPointDown() {
        noClasses()
                .that()
                .resideInAPackage(PROTO)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(GPU, STREAMS, ACTORS)
                .check(classes);
        noClasses()
                .that()
                .resideInAPackage(GPU)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(STREAMS, ACTORS)
                .check(classes);
        noClasses()
                .that()
                .resideInAPackage(STREAMS)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ACTORS)
                .check(classes);
    }

    @Test
    void nothingIsBuiltOnTheCommandLine() {
        noClasses()
                .that()
                .resideOutsideOfPackage(COMMAND_LINE)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(COMMAND_LINE)
                .check(classes);
    }

    @Test
    void onlyOneModuleKnowsEachHeavyDependency() {
        noClasses()
                .that(not(resideInAPackage(GPU)))
                .should()
                .dependOnClassesThat(resideInAPackage("ai.djl..").and(not(resideInAPackage("ai.djl.huggingface.."))))
                .check(classes);
        onlyIn(STREAMS, "ai.djl.huggingface..");
        onlyIn(STREAMS, "io.aeron..");
        onlyIn(STREAMS, "org.apache.kafka..");
        onlyIn(STREAMS, "dev.hardwood..");
        onlyIn(STREAMS, "com.github.luben..");
        onlyIn(COMMAND_LINE, "picocli..");
        onlyIn("io.espalier.actors.http..", "org.apache.pekko.http..");
        onlyIn("io.espalier.actors.client..", "java.net.http..");
        noClasses()
                .that()
                .resideOutsideOfPackages(COMMAND_LINE, "io.espalier.actors.program..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("ch.qos.logback..")
                .check(classes);
        onlyIn(ACTORS, "org.knowm.xchart..");
        onlyIn(ACTORS, "java.sql..");
    }

    private static void onlyIn(String module, String dependency) {
        noClasses()
                .that(not(resideInAPackage(module)))
                .should()
                .dependOnClassesThat(resideInAPackage(dependency))
                .allowEmptyShould(true)
                .check(classes);
    }

    @Test
    void pekkoIsUnknownBelowStreams() {
        noClasses()
                .that()
                .resideInAnyPackage(PROTO, GPU)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.pekko..")
                .check(classes);
    }

    @Test
    void actorsAloneSupervise() {
        noClasses()
                .that(resideInAPackage(STREAMS))
                .should()
                .dependOnClassesThat(resideInAPackage("org.apache.pekko.actor.typed.."))
                .check(classes);
    }

    @Test
    void namesSayWhatAClassIsFor() {
        noClasses()
                .that()
                .resideOutsideOfPackage(PROTO)
                .should()
                .haveNameMatching(".*(Util|Utils|Helper|Manager|Impl)")
                .check(classes);
    }

    @Test
    void onlyTheCommandLineEndsTheProcess() {
        noClasses()
                .that(not(JavaClass.Predicates.equivalentTo(io.espalier.actors.cli.Main.class)))
                .should()
                .callMethod(System.class, "exit", int.class)
                .check(classes);
    }

    @Test
    void nothingIsSerialisedByJava() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(java.io.ObjectInputStream.class, java.io.ObjectOutputStream.class)
                .check(classes);
    }
}
