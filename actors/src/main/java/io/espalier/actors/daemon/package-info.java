/** The daemon: a node with an HTTP surface, its jobs' control, the way of records in, and the order in which all of it begins and ends. */
package io.espalier.actors.daemon;
