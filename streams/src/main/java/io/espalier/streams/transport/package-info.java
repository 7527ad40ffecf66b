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
 * <tr><td>3</td><td>1</td><td>1 BEGIN, 2 CHUNK, 3 SLOT_BEGIN, 4 SLOT_PIECE; plus 0x80 if sealed</td></tr>
 * <tr><td>4</td><td>4</td><td>CRC32C of the rest of the message, these four bytes taken as 0</td></tr>
 * <tr><td>8</td><td>8</td><td>number of the message at its sender, rising</td></tr>
 * <tr><td>16</td><td>8</td><td>number of the frame at its sender, rising</td></tr>
 * <tr><td>24</td><td>8</td><td>where in the payload the body belongs; 0 where a frame begins</td></tr>
 * <tr><td>32</td><td>4</td><td>bytes of the body, without salt and tag; of SLOT_PIECE, those in the slot</td></tr>
 * <tr><td>36</td><td>4</td><td>0</td></tr>
 * <tr><td>40</td><td></td><td>the body: of BEGIN the frame's header, of CHUNK a part of the payload; of SLOT_BEGIN the header and the slot's name, of SLOT_PIECE the CRC32C of its bytes</td></tr>
 * </table>
 *
 * <p>A sealed BEGIN has the sender's salt (16 bytes) before its body; every sealed body is ciphertext of AES-256-GCM with its tag
 * (16 bytes) behind it. The key is HKDF-SHA256 of the link's key and the salt, the nonce the message's number, and what is
 * authenticated along is bytes 0 to 39 (the checksum taken as 0) and the salt.
 *
 * <p>On one host the payload of a large frame lies in a {@link io.espalier.streams.transport.SlotFile slot}, memory that both
 * processes have mapped: its sender copies and sums it piece by piece, its receiver sums each piece as it comes and hands the
 * slot out, or a copy. A slot's file is in {@code slots} in the driver's directory, a folder with mode 0700 of files with mode
 * 0600, and is named after bytes 8 to 39 of this, in decimal, with hyphens between:
 *
 * <table>
 * <caption>A slot's name, 40 bytes</caption>
 * <tr><th>at</th><th>bytes</th><th>what</th></tr>
 * <tr><td>0</td><td>4</td><td>number among its sender's, below 64</td></tr>
 * <tr><td>4</td><td>4</td><td>0</td></tr>
 * <tr><td>8</td><td>24</td><td>the sender's namespace of process numbers, its number, the second it was started in</td></tr>
 * <tr><td>32</td><td>8</td><td>number of the file in its process</td></tr>
 * </table>
 *
 * <p>Sealed frames do not go through slots. The frame's header:
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
