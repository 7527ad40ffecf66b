package io.espalier.actors.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.Refused;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.apache.pekko.actor.Address;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** All nodes see the same nodes in the same order, and none is joined before enough of them are there. */
@Timeout(30)
class SeedsTest {
    private static final Address SELF = new Address("pekko", ClusterConfig.SYSTEM, "127.0.0.1", 2551);

    private static List<String> join(String control, Seeds.Resolver resolver) throws InterruptedException {
        ControlSettings settings = NodeSettings.of(
                        ConfigFactory.parseString("espalier.node { name = a, control { " + control + " } }"))
                .control();
        return new Seeds(settings, resolver)
                .addresses(SELF).stream().map(Address::hostPort).toList();
    }

    private static InetAddress[] addresses(String... texts) throws UnknownHostException {
        InetAddress[] found = new InetAddress[texts.length];
        for (int i = 0; i < texts.length; i++) {
            found[i] = InetAddress.ofLiteral(texts[i]);
        }
        return found;
    }

    @Test
    void aNodeWithoutSeedsJoinsItself() throws Exception {
        assertThat(join("", null)).containsExactly("espalier@127.0.0.1:2551");
    }

    @Test
    void seedsKeepTheirOrder() throws Exception {
        assertThat(join("seeds = [\"b:2\", \"a:1\"]", null)).containsExactly("espalier@b:2", "espalier@a:1");
    }

    @Test
    void aNameIsAskedUntilEnoughNodesAnswer() throws Exception {
        Deque<InetAddress[]> answers = new ArrayDeque<>(
                List.of(addresses("10.0.0.2"), addresses("10.0.0.2", "10.0.0.2"), addresses("10.0.0.2", "10.0.0.1")));
        boolean[] asked = new boolean[1];
        List<String> found = join("port = 2551, seed-dns { name = nodes, addresses = 2, interval = 1 ms }", name -> {
            if (!asked[0]) {
                asked[0] = true;
                throw new UnknownHostException(name);
            }
            return answers.remove();
        });
        assertThat(found).containsExactly("espalier@10.0.0.1:2551", "espalier@10.0.0.2:2551");
        assertThat(answers).isEmpty();
    }

    @Test
    void aNameThatGivesTooFewIsGivenUpWithWhatItGave() {
        assertThatThrownBy(() -> join(
                        "port = 1, seed-dns { name = nodes, addresses = 2, interval = 1 ms, give-up = 20 ms }",
                        _ -> addresses("10.0.0.2")))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("seed-dns.name is [nodes]: it gives [10.0.0.2], and must give 2 addresses");
    }
}
