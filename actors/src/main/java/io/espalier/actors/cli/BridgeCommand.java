package io.espalier.actors.cli;

import io.espalier.gpu.torch.BridgeCompiler;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "bridge",
        description = {
            "Compiles what lets Espalier call a libtorch that this host already has, such as pip's torch: once for"
                    + " each.",
            "Needs g++ (or the compiler that CXX names) and no CUDA headers. Half a minute; the result is tried, and"
                    + " kept in the cache of native libraries."
        },
        footer = {"", "Example:", "  espalier bridge --torch ~/venv/lib/python3.12/site-packages/torch"})
final class BridgeCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Option(
            names = "--torch",
            paramLabel = "DIR",
            required = true,
            description = "Python's torch package, an unpacked libtorch, or its directory of libraries.")
    private Path torch;

    @Override
    public Integer call() {
        BridgeCompiler.Made made = BridgeCompiler.make(torch);
        String done = "libtorch " + made.version()
                + (made.compiled() ? " can be called now: its bridge is compiled" : " can be called as it is");
        common.print(
                CommonOptions.object()
                        .put("version", made.version())
                        .put("libraries", made.libraries().toString())
                        .put("compiled", made.compiled()),
                done + "\nNow: export PYTORCH_LIBRARY_PATH=" + made.libraries());
        return 0;
    }
}
