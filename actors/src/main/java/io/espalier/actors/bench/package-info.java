/** Speed of the production graph on models of any shape. */
package io.espalier.actors.bench;
