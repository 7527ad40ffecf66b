/**
 * The state of everything, for operators. {@link io.espalier.actors.health.HealthHub} owns two threads and the
 * timeline: one thread looks at everything once a second and keeps the result as finished answers, the other takes the
 * pulse of the process; no request ever waits for a rank. It implements the port {@link
 * io.espalier.actors.http.Snapshots}.
 */
package io.espalier.actors.health;
