/**
 * The processes that run jobs. From below: {@code rank} runs one model on one thread, {@code job} and {@code continual}
 * are runs over ranks, {@code host} and {@code teacher} join ranks of several processes, {@code node} and {@code
 * job.coordinator} make a cluster of them, {@code daemon}, {@code http} and {@code health} put an operator's surface
 * over it, and {@code cli} is the command line, which no other package knows. {@code program} says what each kind of
 * job runs.
 */
package io.espalier.actors;
