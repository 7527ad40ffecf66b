package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.cli.Checkup.Finding;
import io.espalier.actors.cli.Checkup.Verdict;
import io.espalier.gpu.torch.CudaDevices;
import io.espalier.gpu.torch.CudaDevices.Card;
import io.espalier.gpu.torch.NativeLibrary;
import io.espalier.gpu.torch.ProbedLibrary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The native PyTorch library and the devices that it sees, tried in a process of its own.
 *
 * @param findings for people
 * @param json the same for programs: version, directory, driver, devices, or what failed
 */
record NativeCheckup(List<Finding> findings, ObjectNode json) {
    private static final long UNPACKED_BYTES = 600L << 20;
    private static final String LIBRARY = "native PyTorch";
    private static final String DEVICES = "CUDA";
    private static final Path DRIVER = Path.of("/proc/driver/nvidia/version");

    NativeCheckup {
        findings = List.copyOf(findings);
    }

    /**
     * Tries a library.
     *
     * @param named what PYTORCH_LIBRARY_PATH names; empty for the library that was built in
     */
    static NativeCheckup look(Optional<String> named) {
        if (named.isEmpty()
                && NativeLibrary.unpacked().isEmpty()
                && Checkup.free(NativeLibrary.cache()) < UNPACKED_BYTES) {
            return failed(
                    "no room to unpack it into " + NativeLibrary.cache(),
                    "free 600 MB there, or set DJL_CACHE_DIR to a larger disk");
        }
        return switch (ProbedLibrary.look(named)) {
            case ProbedLibrary.Failed failed -> failed(failed.why(), remedy(named));
            case ProbedLibrary.Works works -> works(works, directory(named));
        };
    }

    private static String directory(Optional<String> named) {
        return named.orElseGet(
                () -> NativeLibrary.unpacked().map(Path::toString).orElse(""));
    }

    private static String remedy(Optional<String> named) {
        if (named.isPresent()) {
            return "mend that, or unset PYTORCH_LIBRARY_PATH and take the library that was built in";
        }
        return NativeLibrary.unpacked()
                .map(cache -> "remove " + cache + ": it is unpacked anew")
                .orElse("name a libtorch in PYTORCH_LIBRARY_PATH");
    }

    private static NativeCheckup failed(String why, String remedy) {
        return new NativeCheckup(
                List.of(Checkup.finding(LIBRARY, Verdict.BAD, why, remedy)),
                CommonOptions.object().put("failed", why));
    }

    private static NativeCheckup works(ProbedLibrary.Works works, String directory) {
        ObjectNode json = CommonOptions.object().put("version", works.version()).put("directory", directory);
        Finding library = Checkup.finding(
                LIBRARY, Verdict.OK, "libtorch " + works.version() + " in " + directory + ", loaded and tried", "");
        return switch (works.devices()) {
            case CudaDevices.Absent absent -> new NativeCheckup(List.of(library, absent(absent, json)), json);
            case CudaDevices.Present present ->
                new NativeCheckup(
                        Stream.concat(Stream.of(library), present(present, json).stream())
                                .toList(),
                        json);
        };
    }

    private static Finding absent(CudaDevices.Absent absent, ObjectNode json) {
        json.putArray("devices");
        json.put("noDevice", absent.why());
        boolean missed = absent.wanted() || Files.exists(DRIVER);
        return Checkup.finding(
                DEVICES, missed ? Verdict.WARN : Verdict.OK, "no device: " + absent.why(), absent.remedy());
    }

    private static List<Finding> present(CudaDevices.Present present, ObjectNode json) {
        ArrayNode devices = json.put("driver", present.driver()).putArray("devices");
        for (Card card : present.cards()) {
            devices.addObject()
                    .put("device", "cuda:" + card.index())
                    .put("name", card.name())
                    .put("memoryBytes", card.memoryBytes())
                    .put("computeCapability", card.computeCapability());
        }
        return present.cards().stream()
                .map(card -> Checkup.finding(
                        "cuda:" + card.index(),
                        Verdict.OK,
                        card.name() + ", " + Checkup.gib(card.memoryBytes()) + ", compute capability "
                                + card.computeCapability() + ", driver " + present.driver(),
                        ""))
                .toList();
    }
}
