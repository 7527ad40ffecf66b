package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.report.Table;
import io.espalier.gpu.Refused;
import io.espalier.gpu.torch.NativeLibrary;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "doctor",
        description = "Looks at what Espalier needs on this machine: what is wrong, and how to mend it.",
        footer = {"", "Example:", "  espalier doctor"})
final class DoctorCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Override
    public Integer call() {
        NativeCheckup library = NativeCheckup.look(NativeLibrary.named());
        List<Checkup.Finding> findings = Stream.concat(Checkup.ofMachine().stream(), library.findings().stream())
                .toList();
        ObjectNode json = CommonOptions.object();
        json.set("native", library.json());
        ArrayNode list = json.putArray("findings");
        Table table = new Table("what", "verdict", "found");
        StringBuilder remedies = new StringBuilder();
        for (Checkup.Finding finding : findings) {
            String verdict = finding.verdict().name().toLowerCase(Locale.ROOT);
            list.addObject()
                    .put("what", finding.what())
                    .put("verdict", verdict)
                    .put("found", finding.found())
                    .put("remedy", finding.remedy());
            table.row(finding.what(), verdict, finding.found());
            if (finding.verdict() != Checkup.Verdict.OK) {
                remedies.append("\n").append(finding.what()).append(": ").append(finding.remedy());
            }
        }
        common.print(json, table.toText() + remedies);
        boolean bad = findings.stream().anyMatch(f -> f.verdict() == Checkup.Verdict.BAD);
        return bad ? Refused.Reason.VALIDATION.exitCode() : 0;
    }
}
