/** What a run leaves for people: tables, lines, charts, metrics. */
package io.espalier.actors.report;
