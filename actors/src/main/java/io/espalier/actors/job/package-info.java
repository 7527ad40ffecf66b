/** Jobs: one run of the graph over its ranks, from start to saved weights. */
package io.espalier.actors.job;
