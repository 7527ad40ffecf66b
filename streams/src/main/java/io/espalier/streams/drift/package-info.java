/** Whether what comes now still is what came before: detectors of change over a stream of numbers, in bounded memory. */
package io.espalier.streams.drift;
