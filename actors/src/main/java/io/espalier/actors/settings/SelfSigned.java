package io.espalier.actors.settings;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.HexFormat;

/**
 * A key on the curve P-256 and a certificate that it has signed itself (X.509, RFC 5280 section 4.1), valid at any time:
 * whoever trusts it trusts that one key, and a clock that jumps changes nothing of that.
 *
 * @param keyPem PKCS#8
 */
public record SelfSigned(String keyPem, String certificatePem) {
    /** SEQUENCE { ecdsa-with-SHA256 }, RFC 5758 section 3.2. */
    private static final byte[] ECDSA_WITH_SHA256 = hex("300a06082a8648ce3d040302");
    /** commonName, RFC 5280 appendix A.1. */
    private static final byte[] COMMON_NAME = hex("0603550403");
    /** basicConstraints, RFC 5280 section 4.2.1.9. */
    private static final byte[] BASIC_CONSTRAINTS = hex("0603551d13");

    private static final String BEGINNING = "700101000000Z";
    /** The time that stands for no well-defined end, RFC 5280 section 4.1.2.5. */
    private static final String NEVER = "99991231235959Z";

    private static final int SERIAL_BITS = 120;
    private static final byte[] VERSION_3 = {2};

    /** Makes a new key and its certificate. */
    public static SelfSigned create() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair pair = generator.generateKeyPair();
            byte[] body = body(pair);
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(pair.getPrivate());
            signature.update(body);
            byte[] certificate = Der.sequence(body, ECDSA_WITH_SHA256, Der.bits(signature.sign()));
            return new SelfSigned(pem("PRIVATE KEY", pair.getPrivate().getEncoded()), pem("CERTIFICATE", certificate));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] body(KeyPair pair) {
        BigInteger serial = new BigInteger(SERIAL_BITS, new SecureRandom()).setBit(SERIAL_BITS);
        byte[] name = Der.sequence(Der.set(Der.sequence(COMMON_NAME, Der.text("espalier"))));
        byte[] isAuthority = Der.sequence(BASIC_CONSTRAINTS, Der.yes(), Der.octets(Der.sequence(Der.yes())));
        return Der.sequence(
                Der.explicit(0, Der.integer(VERSION_3)),
                Der.integer(serial.toByteArray()),
                ECDSA_WITH_SHA256,
                name,
                Der.sequence(Der.time(BEGINNING), Der.time(NEVER)),
                name,
                pair.getPublic().getEncoded(),
                Der.explicit(3, Der.sequence(isAuthority)));
    }

    private static String pem(String kind, byte[] content) {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n";
    }

    /** Tells nothing of the key's bytes. */
    @Override
    public String toString() {
        return "(a key and its certificate)";
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }
}
