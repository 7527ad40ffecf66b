/** How sections of the configuration are read. */
package io.espalier.actors.settings;
