/** Learning without end from live text: what is watched, what is published, what is gone back from. */
package io.espalier.actors.continual;
