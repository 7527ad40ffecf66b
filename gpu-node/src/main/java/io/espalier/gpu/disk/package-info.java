/**
 * Writing to disks: {@code AtomicFile} for files that are there whole or as they were, {@code LineFile} for lines that
 * are added, and {@code DiskFault} for the ways in which a disk fails.
 */
package io.espalier.gpu.disk;
