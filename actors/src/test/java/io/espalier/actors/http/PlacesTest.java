package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client that only holds a connection makes room for one that comes. */
@Timeout(30)
class PlacesTest {
    private final Places places = new Places(3, 2);
    private final List<String> closed = new ArrayList<>();

    private Places.Place take(String name, int host) throws UnknownHostException {
        return places.take(InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) host}), () -> closed.add(name));
    }

    @Test
    void theOneThatHasWaitedLongestGoesFirst() throws Exception {
        take("a", 1);
        Places.Place b = take("b", 2);
        take("c", 3);
        b.work();
        b.await();
        take("d", 4);
        take("e", 5);
        assertThat(closed).containsExactly("a", "c");
        assertThat(places.open()).isEqualTo(3);
    }

    @Test
    void oneAddressTakesItsOwnPlacesAlone() throws Exception {
        take("other", 9);
        take("a", 1);
        take("b", 1);
        take("c", 1);
        take("d", 1);
        assertThat(closed).containsExactly("a", "b");
    }

    @Test
    void whereSomethingIsDoneNobodyIsClosed() throws Exception {
        Places.Place a = take("a", 1);
        Places.Place b = take("b", 1);
        a.work();
        b.work();
        assertThat(take("c", 1)).isNull();
        take("d", 2).work();
        assertThat(take("e", 3)).isNull();
        assertThat(places.working()).isTrue();
        a.free();
        a.free();
        assertThat(take("f", 3)).isNotNull();
        assertThat(closed).isEmpty();
    }

    @Test
    void descriptorsAreKeptForTheDaemonAndTheirWantIsToldOnce() {
        AtomicLong left = new AtomicLong(8);
        AtomicLong now = new AtomicLong();
        Descriptors descriptors = new Descriptors(left::get, now::get);
        assertThat(descriptors.suffice()).isFalse();
        assertThat(descriptors.suffice()).isFalse();
        left.set(9);
        assertThat(descriptors.suffice()).isTrue();
    }

    @Test
    void aDefectIsLoggedOnceASecond() {
        AtomicLong now = new AtomicLong();
        LogRate rate = new LogRate(now::get);
        assertThat(rate.tryAcquire()).isTrue();
        assertThat(rate.tryAcquire()).isFalse();
        now.addAndGet(1_000_000_000);
        assertThat(rate.tryAcquire()).isTrue();
    }
}
