package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigFactory;
import io.espalier.actors.daemon.Admission;
import io.espalier.actors.daemon.JobPaths;
import io.espalier.actors.http.JobRequest;
import io.espalier.actors.http.Submitter;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.settings.Hocon;
import io.espalier.actors.settings.JsonData;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A submission is data: no file, variable or address in it is read, and it names only what it may name. */
@Timeout(60)
class SubmittedDataTest {
    private static final String CANARY = "canary-of-another-file";
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Set<String> KAFKA = Set.copyOf(
            ConfigFactory.parseResources("espalier-daemon.conf").getStringList("espalier.daemon.kafka-properties"));

    @TempDir
    Path directory;

    private Path work;
    private Path secret;

    @BeforeEach
    void write() throws IOException {
        work = Files.createDirectory(directory.resolve("work"));
        secret = Files.writeString(
                Files.createDirectory(directory.resolve("elsewhere")).resolve("secret.conf"),
                "password = " + CANARY + "\n");
        for (String model : List.of("teacher", "student")) {
            Files.writeString(Files.createDirectory(work.resolve(model)).resolve("config.json"), """
                {"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "hidden_size": 32, "num_hidden_layers": 2,
                 "intermediate_size": 64, "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 16,
                 "vocab_size": 300, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "max_position_embeddings": 64,
                 "tie_word_embeddings": true, "hidden_act": "silu", "torch_dtype": "float32", "eos_token_id": 1}
                """);
        }
        Files.writeString(work.resolve("text.jsonl"), "{\"text\": \"a text\"}\n");
        Files.writeString(work.resolve("held-out.jsonl"), "{\"text\": \"another text\"}\n");
    }

    private ObjectNode options() {
        ObjectNode options = JSON.createObjectNode();
        options.put("teacher", "teacher").put("student", "student").put("out", "out");
        options.putArray("validation").add("held-out.jsonl");
        options.putObject("live").putObject("sources").putObject("web").put("kind", "http");
        return options;
    }

    private JobSpec compile(ObjectNode options) {
        return compile(options, KAFKA);
    }

    private JobSpec compile(ObjectNode options, Set<String> kafka) {
        Admission admission = new Admission(new JobPaths(List.of(work), directory.resolve("state")), kafka);
        return new RecipeCompiler()
                .compile(
                        new JobRequest.Submit("o", "j", "continual", options, work, new Submitter("operator", false)),
                        admission,
                        directory.resolve("state/spool"));
    }

    private Refused refusal(Consumer<ObjectNode> change) {
        ObjectNode options = options();
        change.accept(options);
        Refused refused = catchThrowableOfType(Refused.class, () -> compile(options));
        assertThat(refused).as("of %s", options).isNotNull();
        assertThat(refused.getMessage()).doesNotContain(CANARY).doesNotContain("\n");
        return refused;
    }

    @Test
    void aJobOfPlainDataIsTaken() {
        JobSpec job = compile(options());
        assertThat(job.out()).contains(work.resolve("out"));
        assertThat(job.httpSources()).containsExactly("web");
        assertThat(job.origin()).isNotEqualTo(compile(options()).origin());
        assertThat(job.same(compile(options()))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"loss", "teacher", "temperature", "threads", "validation", "live"})
    void aFileBehindAnAtIsNotRead(String option) {
        refusal(options -> options.put(option, "@" + secret));
        refusal(options -> options.putArray(option).add("@" + secret).add("@@" + secret));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sources { a { kind = ${?PATH} } }",
                "include file(\"SECRET\")\nsources { a { kind = ${password} } }",
                "include url(\"http://127.0.0.1:1/x.conf\")",
                "include classpath(\"reference.conf\")",
                "@SECRET",
                "@@SECRET",
                "{\"sources\": {}}",
                "a = ${a}",
                "\u0000"
            })
    void aLiveSectionIsAnObjectAndNoText(String live) {
        Refused refused = refusal(options -> options.put("live", live.replace("SECRET", secret.toString())));
        assertThat(refused).hasMessageContaining("live: must be an object");
    }

    @Test
    void variablesAndIncludesWithinAnObjectAreTexts() {
        Refused kind = refusal(options ->
                options.putObject("live").putObject("sources").putObject("a").put("kind", "${?PATH}"));
        assertThat(kind).hasMessageContaining("${?PATH}");
        Refused include = refusal(options ->
                options.putObject("live").put("include", secret.toString()).putObject("sources"));
        assertThat(include).hasMessageContaining("include");
    }

    @Test
    void aValueIsNeverTakenForAnotherOption() {
        refusal(options -> options.putArray("loss").add("forward-kl").add("--help"));
        refusal(options -> options.put("dtype", "--out=" + directory.resolve("elsewhere")));
        refusal(options -> options.put("help", true));
        refusal(options -> options.put("recipe", secret.toString()));
        refusal(options -> options.putNull("loss"));
        refusal(options -> options.putObject("teacher").put("a", "b"));
    }

    static Stream<Consumer<ObjectNode>> pathsElsewhere() {
        return Stream.of(
                options -> options.put("teacher", "../elsewhere"),
                options -> options.put("student", "/etc"),
                options -> options.put("out", "link/out"),
                options -> options.put("out", "none/../../elsewhere/out"),
                options -> options.putArray("validation").add("held-out.jsonl").add("../elsewhere/secret.conf"),
                options -> options.put("teacher", "links"),
                options -> options.put("out", "../state/out"),
                options -> live(options).put("kind", "folder").put("directory", "link"),
                options -> live(options)
                        .put("kind", "generated")
                        .putArray("domains")
                        .addObject()
                        .put("name", "n")
                        .putArray("files")
                        .add("link/secret.conf"),
                options -> ((ObjectNode) options.get("live"))
                        .putObject("replay")
                        .putArray("anchors")
                        .add("../elsewhere"));
    }

    private static ObjectNode live(ObjectNode options) {
        return ((ObjectNode) options.get("live").get("sources")).putObject("web");
    }

    @ParameterizedTest
    @MethodSource("pathsElsewhere")
    void aPathThatLeadsElsewhereIsRefused(Consumer<ObjectNode> change) throws IOException {
        Files.createSymbolicLink(work.resolve("link"), directory.resolve("elsewhere"));
        Files.createSymbolicLink(Files.createDirectory(work.resolve("links")).resolve("config.json"), secret);
        assertThat(refusal(change).reason()).isEqualTo(Refused.Reason.NOT_ALLOWED);
    }

    @Test
    void oneDirectoryUnderTwoNamesIsOne() throws IOException {
        Files.createDirectory(work.resolve("runs"));
        Files.createSymbolicLink(work.resolve("also"), work.resolve("runs"));
        ObjectNode one = options();
        ObjectNode two = options();
        one.put("out", "runs/a");
        two.put("out", "also/../also/a");
        assertThat(compile(two).out()).isEqualTo(compile(one).out());
    }

    private static ObjectNode kafka(ObjectNode options) {
        return ((ObjectNode) options.get("live").get("sources"))
                .putObject("k")
                .put("kind", "kafka")
                .put("bootstrap", "127.0.0.1:1")
                .put("topic", "t")
                .putObject("properties");
    }

    @Test
    void onlyTheListedPropertiesOfKafkaAreTaken() {
        for (String name : List.of(
                "config.providers",
                "config.providers.d.class",
                "sasl.jaas.config",
                "sasl.login.class",
                "sasl.oauthbearer.token.endpoint.url",
                "interceptor.classes",
                "metric.reporters",
                "ssl.engine.factory.class",
                "ssl.keystore.location",
                "security.providers")) {
            assertThat(refusal(options -> kafka(options).put(name, CANARY)))
                    .hasMessageContaining(name)
                    .hasMessageContaining("espalier.daemon.kafka-properties");
        }
        assertThat(refusal(options ->
                        kafka(options).putObject("sasl").putObject("jaas").put("config", CANARY)))
                .hasMessageContaining("sasl.jaas.config");
        ObjectNode good = options();
        kafka(good).put("security.protocol", "PLAINTEXT").put("fetch.max.bytes", 1000);
        assertThat(compile(good).kind()).isEqualTo("continual");
    }

    @Test
    void theOperatorMayListMoreOfThemAndTheirFilesLieAmongThoseOfJobs() throws IOException {
        Path trust = Files.writeString(work.resolve("trust.pem"), "x");
        ObjectNode good = options();
        kafka(good).put("ssl.truststore.location", trust.toString());
        assertThat(compile(good, Set.of("ssl.truststore.location")).kind()).isEqualTo("continual");
        ObjectNode bad = options();
        kafka(bad).put("ssl.truststore.location", secret.toString());
        assertThat(catchThrowableOfType(Refused.class, () -> compile(bad, Set.of("ssl.truststore.location")))
                        .reason())
                .isEqualTo(Refused.Reason.NOT_ALLOWED);
    }

    @Test
    void aJobIsPrintedWithoutWhatItSays() {
        ObjectNode options = options();
        kafka(options).put("sasl.jaas.config", "password=" + CANARY);
        JobSpec job = compile(options, Set.of("sasl.jaas.config"));
        assertThat(job.job().toString()).contains(CANARY);
        assertThat(job.toString()).contains("j").contains("continual").doesNotContain(CANARY);
    }

    @Test
    void deepNestingIsRefusedWhereverItComesIn() {
        String text = "{\"a\":".repeat(50_000) + 1 + "}".repeat(50_000);
        new StringBuilder("{\"a\":".repeat(50_000)).append(1).append("}".repeat(50_000));
        assertThat(catchThrowableOfType(Refused.class, () -> JsonData.parse("live", text)))
                .hasMessageContaining("at most 64 levels");
        assertThat(catchThrowableOfType(Refused.class, () -> Hocon.text("x.conf", "a { ".repeat(50_000))))
                .hasMessageContaining("nested too deeply");
    }
}
