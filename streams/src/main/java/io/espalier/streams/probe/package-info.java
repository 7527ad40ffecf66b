/** How the stages of a running graph spend their time. */
package io.espalier.streams.probe;
