package io.espalier.streams.transport;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.train.PartName;
import io.espalier.gpu.train.SignalPart;
import io.espalier.streams.transport.FrameHeader.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Batches and signals as bundles of frames, and back. */
public final class Wire {
    private static final ValueLayout.OfInt ID = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int NOWHERE = -1;
    private static final byte[] NO_HASH = new byte[FrameHeader.HASH_BYTES];
    /** Sequence of a question that is about none, and of its answer. */
    public static final long NO_BATCH = 0;

    private Wire() {}

    /**
     * The fields that the frames of one bundle share.
     *
     * @param attempt tells apart what is asked about the same batch again
     */
    public record Envelope(Kind kind, long job, long epoch, long link, long sequence, int attempt, byte[] hash) {
        /** The envelope of what answers a bundle. */
        public static Envelope answering(Bundle asked, Kind kind) {
            FrameHeader header = asked.header();
            return new Envelope(
                    kind,
                    header.job(),
                    header.epoch(),
                    header.link(),
                    header.sequence(),
                    header.attempt(),
                    header.hash());
        }

        private FrameHeader part(int part, int parts, int site, int layer, TensorType type, long... shape) {
            return new FrameHeader(
                    kind, job, epoch, link, sequence, attempt, part, parts, site, layer, type, shape, hash);
        }
    }

    /** A job's name as a header has it: the first 8 bytes of its SHA-256. */
    public static long jobNumber(String job) {
        return Long.parseUnsignedLong(
                Sha256.of(job.getBytes(StandardCharsets.UTF_8)).substring(0, 16), 16);
    }

    /** SHA-256 of a batch's ids and documents as a header has it. */
    public static byte[] hash(TokenBatch batch) {
        return HexFormat.of().parseHex(batch.sha256());
    }

    /** Asks about a batch: its ids, which targets count where not all do, and where documents begin inside rows. */
    public static List<OutgoingFrame> request(Envelope envelope, TokenBatch batch) {
        boolean divided = batch.begins().length > 0;
        int parts = 1 + (batch.lossMask() == null ? 0 : 1) + (divided ? 1 : 0);
        List<OutgoingFrame> frames = new ArrayList<>();
        frames.add(sent(
                envelope.part(0, parts, NOWHERE, NOWHERE, TensorType.I32, batch.rows(), batch.seqLength() + 1L),
                memory(batch.ids())));
        if (batch.lossMask() != null) {
            MemorySegment mask = Arena.ofAuto().allocate(batch.lossMask().length);
            for (int i = 0; i < batch.lossMask().length; i++) {
                mask.set(ValueLayout.JAVA_BOOLEAN, i, batch.lossMask()[i]);
            }
            frames.add(sent(
                    envelope.part(1, parts, NOWHERE, NOWHERE, TensorType.BOOL, batch.rows(), batch.seqLength()), mask));
        }
        if (divided) {
            frames.add(sent(
                    envelope.part(parts - 1, parts, NOWHERE, NOWHERE, TensorType.I32, batch.begins().length),
                    memory(batch.begins())));
        }
        return frames;
    }

    private static MemorySegment memory(int[] numbers) {
        MemorySegment memory = Arena.ofAuto().allocate(numbers.length * ID.byteSize(), ID.byteAlignment());
        MemorySegment.copy(numbers, 0, memory, ID, 0, numbers.length);
        return memory;
    }

    private static OutgoingFrame sent(FrameHeader header, MemorySegment memory) {
        return new OutgoingFrame(header, List.of(memory), () -> {});
    }

    /** A batch as it was asked about; its provenance stays with the asker. The bundle may be closed afterwards. */
    public static TokenBatch batch(Bundle request) {
        FrameHeader header = request.header();
        if (header.type() != TensorType.I32
                || header.shape().length != 2
                || request.frames().size() > 3) {
            throw malformed(header, "a request is ids [rows, seq_length + 1], a mask and where documents begin");
        }
        int rows = Math.toIntExact(header.shape()[0]);
        int seqLength = Math.toIntExact(header.shape()[1]) - 1;
        int[] ids = request.frames().getFirst().payload().toArray(ID);
        boolean[] mask = null;
        int[] begins = {};
        for (Frame frame : request.frames().subList(1, request.frames().size())) {
            if (frame.header().type() == TensorType.BOOL && mask == null) {
                mask = mask(frame, rows * seqLength);
            } else if (frame.header().type() == TensorType.I32 && begins.length == 0) {
                begins = frame.payload().toArray(ID);
            } else {
                throw malformed(frame.header(), "ids are followed by one mask and one list of beginnings at most");
            }
        }
        return new TokenBatch(header.sequence(), rows, seqLength, ids, mask, begins, List.of(), null);
    }

    private static boolean[] mask(Frame frame, int targets) {
        if (frame.payload().byteSize() != targets) {
            throw malformed(frame.header(), "a mask has a byte a target");
        }
        boolean[] mask = new boolean[targets];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = frame.payload().get(ValueLayout.JAVA_BYTE, i) != 0;
        }
        return mask;
    }

    /** Tensors of a rank, from where they lie; {@code release} is run once, when the last is sent or given up. */
    public static List<OutgoingFrame> tensors(Envelope envelope, List<SignalPart> parts, Runnable release) {
        AtomicInteger unsent = new AtomicInteger(parts.size());
        Runnable one = () -> {
            if (unsent.decrementAndGet() == 0) {
                release.run();
            }
        };
        List<OutgoingFrame> frames = new ArrayList<>();
        for (SignalPart part : parts) {
            FrameHeader header = envelope.part(
                    frames.size(), parts.size(), part.name().site(), part.name().layer(), part.type(), part.shape());
            frames.add(new OutgoingFrame(header, part.bytes(), one));
        }
        return frames;
    }

    /** The tensors of a bundle, valid until that is closed; a frame of no place is none. */
    public static List<SignalPart> parts(Bundle bundle) {
        return bundle.frames().stream()
                .filter(frame -> frame.header().site() != NOWHERE)
                .map(Wire::part)
                .toList();
    }

    private static SignalPart part(Frame frame) {
        FrameHeader header = frame.header();
        PartName name = PartName.of(header.site(), header.layer())
                .orElseThrow(() -> malformed(header, "site " + header.site() + " names no part"));
        return new SignalPart(name, header.type(), header.shape(), List.of(frame.payload()));
    }

    /** Returns the frame that says why there is no answer. */
    public static List<OutgoingFrame> failure(Envelope envelope, Failure failure) {
        byte[] text = failure.why().getBytes(StandardCharsets.UTF_8);
        MemorySegment memory = Arena.ofAuto().allocate(Math.max(1, text.length)).asSlice(0, text.length);
        memory.copyFrom(MemorySegment.ofArray(text));
        int retry = failure.retry() ? 1 : 0;
        return List.of(sent(envelope.part(0, 1, retry, NOWHERE, TensorType.U8, text.length), memory));
    }

    /** Reads the reason for which a teacher said nothing; the bundle may be closed afterwards. */
    public static Failure failure(Bundle bundle) {
        byte[] text = bundle.frames().getFirst().payload().toArray(ValueLayout.JAVA_BYTE);
        return new Failure(
                new String(text, StandardCharsets.UTF_8), bundle.header().site() == 1);
    }

    /**
     * The reason for which a teacher says nothing of a batch.
     *
     * @param retry whether it, or another, may when asked again
     */
    public record Failure(String why, boolean retry) {}

    /** Asks the stages of a teacher for what they have added up. */
    public static List<OutgoingFrame> collect(long job, long epoch, long link, int attempt) {
        Envelope envelope = new Envelope(Kind.COLLECT, job, epoch, link, NO_BATCH, attempt, NO_HASH);
        MemorySegment nothing = Arena.ofAuto().allocate(1).asSlice(0, 0);
        return List.of(sent(envelope.part(0, 1, NOWHERE, NOWHERE, TensorType.U8, 0), nothing));
    }

    /** Whether a frame belongs to {@link #collect} or its answer: no batch has its hash. */
    public static boolean ofNoBatch(FrameHeader header) {
        return header.sequence() == NO_BATCH && Arrays.equals(header.hash(), NO_HASH);
    }

    private static IllegalArgumentException malformed(FrameHeader header, String rule) {
        return new IllegalArgumentException("frame of batch " + header.sequence() + ": " + rule);
    }
}
