package io.espalier.actors.http;

import java.time.Duration;
import org.apache.pekko.http.javadsl.model.AttributeKey;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BidiShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;

/**
 * Closes a connection on which no request is complete in time, counted from its opening and from each answer. The idle
 * timeout below does not see one who sends a byte of a header now and then.
 */
final class ConnectionDeadline extends GraphStage<BidiShape<HttpRequest, HttpRequest, HttpResponse, HttpResponse>> {
    /** Marks an answer that goes on for as long as the client likes, and ends it. */
    static final AttributeKey<Runnable> ENDLESS = AttributeKey.create("espalier-endless", Runnable.class);

    private final Inlet<HttpRequest> requestIn = Inlet.create("ConnectionDeadline.requestIn");
    private final Outlet<HttpRequest> requestOut = Outlet.create("ConnectionDeadline.requestOut");
    private final Inlet<HttpResponse> responseIn = Inlet.create("ConnectionDeadline.responseIn");
    private final Outlet<HttpResponse> responseOut = Outlet.create("ConnectionDeadline.responseOut");
    private final BidiShape<HttpRequest, HttpRequest, HttpResponse, HttpResponse> shape =
            new BidiShape<>(requestIn, requestOut, responseIn, responseOut);
    private final Duration wait;

    ConnectionDeadline(Duration wait) {
        this.wait = wait;
    }

    @Override
    public BidiShape<HttpRequest, HttpRequest, HttpResponse, HttpResponse> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends TimerGraphStageLogic {
        private static final String LATE = "late";
        private Runnable onGone = () -> {};

        private Logic() {
            super(shape);
            setHandler(requestIn, new AbstractInHandler() {
                @Override
                public void onPush() {
                    cancelTimer(LATE);
                    push(requestOut, grab(requestIn));
                }

                @Override
                public void onUpstreamFinish() {
                    onGone.run();
                    complete(requestOut);
                }
            });
            setHandler(requestOut, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    pull(requestIn);
                }

                @Override
                public void onDownstreamFinish(Throwable cause) {
                    cancel(requestIn, cause);
                }
            });
            setHandler(responseIn, new AbstractInHandler() {
                @Override
                public void onPush() {
                    HttpResponse response = grab(responseIn);
                    response.getAttribute(ENDLESS)
                            .ifPresentOrElse(
                                    end -> onGone = isClosed(requestIn) ? gone(end) : end,
                                    () -> scheduleOnce(LATE, wait));
                    push(responseOut, response);
                }

                @Override
                public void onUpstreamFinish() {
                    complete(responseOut);
                }
            });
            setHandler(responseOut, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    pull(responseIn);
                }

                @Override
                public void onDownstreamFinish(Throwable cause) {
                    cancel(responseIn, cause);
                }
            });
        }

        /** Its client had left before the answer was there. */
        private Runnable gone(Runnable end) {
            end.run();
            return end;
        }

        @Override
        public void preStart() {
            scheduleOnce(LATE, wait);
        }

        @Override
        public void onTimer(Object key) {
            completeStage();
        }
    }
}
