/** The daemon's HTTP surface: one table of routes, and narrow ports to what lies behind them. */
package io.espalier.actors.http;
