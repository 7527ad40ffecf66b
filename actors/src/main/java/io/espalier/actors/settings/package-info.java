/**
 * The reading of settings: sections of the configuration over commented defaults, in which unknown keys are refused;
 * HOCON of this user and JSON of others; and the keys and certificates of TLS. Everything here is a function of its
 * input.
 */
package io.espalier.actors.settings;
