// Numbers and times as people read them.

const NONE = "–";

const DIGITS = 3;

// Three significant digits, and of a large number all that stand before the point.
export function number(value) {
  if (!Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(DIGITS - 1);
  return value.toLocaleString("en", size >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: DIGITS });
}

// Short, for an axis.
export function tick(value) {
  if (!Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return Number(value.toPrecision(2)).toExponential();
  return Number(value.toPrecision(4)).toLocaleString("en", { maximumFractionDigits: 6 });
}

export function count(value) {
  return Number.isFinite(value) ? Math.round(value).toLocaleString("en") : NONE;
}

export function seconds(value) {
  if (!Number.isFinite(value)) return NONE;
  if (value === 0) return "0 s";
  if (value < 1e-3) return `${number(value * 1e6)} µs`;
  if (value < 1) return `${number(value * 1e3)} ms`;
  if (value < 60) return `${value.toFixed(1)} s`;
  if (value < 3600) return `${Math.floor(value / 60)}m ${String(Math.floor(value % 60)).padStart(2, "0")}s`;
  if (value < 86400) return `${Math.floor(value / 3600)}h ${String(Math.floor((value / 60) % 60)).padStart(2, "0")}m`;
  return `${Math.floor(value / 86400)}d ${Math.floor((value / 3600) % 24)}h`;
}

export function bytes(value) {
  if (!Number.isFinite(value)) return NONE;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let left = value;
  while (left >= 1024 && unit < units.length - 1) {
    left /= 1024;
    unit++;
  }
  return `${unit === 0 ? left : left.toFixed(left < 10 ? 2 : 1)} ${units[unit]}`;
}

export function percent(value) {
  return Number.isFinite(value) ? `${(100 * value).toFixed(value > 0 && value < 0.1 ? 1 : 0)} %` : NONE;
}

export function clock(time) {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return NONE;
  const today = new Date().toDateString() === date.toDateString();
  const text = date.toLocaleTimeString("en-GB");
  return today ? text : `${date.toLocaleDateString("en-CA")} ${text}`;
}

export function text(value) {
  return value === null || value === undefined || value === "" ? NONE : String(value);
}
