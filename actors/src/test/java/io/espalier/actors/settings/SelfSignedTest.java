package io.espalier.actors.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A certificate that was encoded here is one to others, at any time. */
@Timeout(30)
class SelfSignedTest {
    private static X509Certificate read(SelfSigned made) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(
                        new ByteArrayInputStream(made.certificatePem().getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void theCertificateIsSignedByItsOwnKeyAndValidWhateverTheClockSays() throws Exception {
        X509Certificate certificate = read(SelfSigned.create());
        certificate.verify(certificate.getPublicKey());
        for (String time : new String[] {"1970-01-02T00:00:00Z", "2026-11-27T00:00:00Z", "2199-01-01T00:00:00Z"}) {
            certificate.checkValidity(Date.from(Instant.parse(time)));
        }
        assertThat(certificate.getVersion()).isEqualTo(3);
        assertThat(certificate.getBasicConstraints()).as("an authority").isNotNegative();
        assertThat(certificate.getPublicKey().getAlgorithm()).isEqualTo("EC");
        assertThat(certificate.getSubjectX500Principal()).isEqualTo(certificate.getIssuerX500Principal());
    }

    @Test
    void noTwoAreTheSameAndNoneTellsItsKey() throws Exception {
        SelfSigned one = SelfSigned.create();
        SelfSigned other = SelfSigned.create();
        assertThat(one.keyPem()).isNotEqualTo(other.keyPem()).startsWith("-----BEGIN PRIVATE KEY-----\n");
        assertThat(read(one).getSerialNumber())
                .isNotEqualTo(read(other).getSerialNumber())
                .isGreaterThan(BigInteger.ZERO);
        assertThat(one.toString()).doesNotContain("BEGIN");
    }
}
