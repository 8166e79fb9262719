// Small things that every widget uses: elements, numbers as text, bytes as numbers.

let lastNumber = 0;

// A name that is used once on this page: labels and tips are tied to their controls by it.
export function uniqueId(prefix) {
  lastNumber += 1;
  return `nn-${prefix}-${lastNumber}-${Math.random().toString(36).slice(2, 8)}`;
}

// make("button", {class: "nn-button", "aria-pressed": "false"}, "Train", otherElement)
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
}

// A line that is read out when it changes: it is touched only if it says something else.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// The largest absolute value; 1 if all are 0, so that one can divide by it.
export const largestOf = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;

// 0.1 -> "0.1", 0.00001 -> "1e-5", 12345.678 -> "12,346"
export function formatNumber(value, digits = 3) {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e7) {
    return value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e");
  }
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(digits)));
}

export const inThousands = (count) => count.toLocaleString("en-US"); // 1234 -> "1,234"

// Bytes arrive as a DataView that may begin anywhere; typed arrays must begin at a multiple of
// their size, so the bytes are copied.
const copiedAs = (Kind) => (view) => new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
export const asFloat32 = copiedAs(Float32Array);
export const asFloat64 = copiedAs(Float64Array);
export const asUint8 = copiedAs(Uint8Array);
