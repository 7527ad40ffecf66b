/**
 * How this program writes to disks: {@code AtomicFile} for what is there whole or as it was, {@code LineFile} for lines that
 * are added, and {@code DiskFault} for what a disk that fails means to whoever needs it.
 */
package io.espalier.gpu.disk;
