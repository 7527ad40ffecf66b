/**
 * What operators are shown. {@link io.espalier.actors.health.HealthHub} looks at everything once a second and keeps what it
 * saw as finished answers; no request ever waits for a rank.
 */
package io.espalier.actors.health;
