/**
 * Tensors between processes: frames over Aeron as stages of a stream, whose demand reaches the sender.
 *
 * <p>A {@link io.espalier.streams.transport.Transport} is one process's; {@link io.espalier.streams.transport.ActivationSink}
 * and {@link io.espalier.streams.transport.ActivationSource} are the ends of a link. A frame may be larger than Aeron's
 * messages, so it travels as one BEGIN and as many CHUNKs as it needs. Numbers are little-endian. Each message:
 *
 * <table>
 * <caption>A message</caption>
 * <tr><th>at</th><th>bytes</th><th>what</th></tr>
 * <tr><td>0</td><td>2</td><td>0x4573</td></tr>
 * <tr><td>2</td><td>1</td><td>version, 1</td></tr>
 * <tr><td>3</td><td>1</td><td>1 BEGIN, 2 CHUNK; plus 0x80 if sealed</td></tr>
 * <tr><td>4</td><td>4</td><td>CRC32C of the rest of the message, these four bytes taken as 0</td></tr>
 * <tr><td>8</td><td>8</td><td>number of the message at its sender, rising</td></tr>
 * <tr><td>16</td><td>8</td><td>number of the frame at its sender, rising</td></tr>
 * <tr><td>24</td><td>8</td><td>where in the payload the body belongs; 0 where a frame begins</td></tr>
 * <tr><td>32</td><td>4</td><td>bytes of the body, without salt and tag</td></tr>
 * <tr><td>36</td><td>4</td><td>0</td></tr>
 * <tr><td>40</td><td></td><td>the body: of BEGIN the frame's header, of CHUNK a part of the payload</td></tr>
 * </table>
 *
 * <p>A sealed BEGIN has the sender's salt (16 bytes) before its body; every sealed body is ciphertext of AES-256-GCM with its tag
 * (16 bytes) behind it. The key is HKDF-SHA256 of the link's key and the salt, the nonce the message's number, and what is
 * authenticated along is bytes 0 to 39 (the checksum taken as 0) and the salt.
 *
 * <p>Frames between processes of one host go through memory that lies in a directory of this user alone (see {@link
 * io.espalier.streams.transport.DriverDirectory}), and are not sealed; what goes by UDP is, on loopback too. The frame's header:
 *
 * <table>
 * <caption>A frame's header, 120 bytes</caption>
 * <tr><th>at</th><th>bytes</th><th>what</th></tr>
 * <tr><td>0</td><td>1</td><td>kind: 1 REQUEST, 2 RESIDUAL, 3 SIGNAL, 4 FAILURE, 5 COLLECT</td></tr>
 * <tr><td>1</td><td>1</td><td>element type, in the order of TensorType from 1</td></tr>
 * <tr><td>2</td><td>1</td><td>dimensions, 0 to 4</td></tr>
 * <tr><td>3</td><td>1</td><td>0</td></tr>
 * <tr><td>4</td><td>20</td><td>attempt, part, parts, site, layer</td></tr>
 * <tr><td>24</td><td>32</td><td>job, epoch, link, sequence</td></tr>
 * <tr><td>56</td><td>32</td><td>the dimensions, 0 beyond their number</td></tr>
 * <tr><td>88</td><td>32</td><td>hash</td></tr>
 * </table>
 */
package io.espalier.streams.transport;
