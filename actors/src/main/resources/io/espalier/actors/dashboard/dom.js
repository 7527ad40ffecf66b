// Elements from data. Text is only ever set as text: whatever an actor's error message holds, it stays a text.

const SVG = "http://www.w3.org/2000/svg";

function make(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

export function h(tag, attributes, ...children) {
  return make(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
  return make(document.createElementNS(SVG, tag), attributes, children);
}

// Makes the old tree like the new one and touches nothing that is the same: focus, scrolling and hovering survive.
export function morph(old, next) {
  if (old.nodeType !== next.nodeType || old.nodeName !== next.nodeName || key(old) !== key(next)) {
    old.replaceWith(next);
    return;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== next.data) old.data = next.data;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!next.hasAttribute(name) && !kept(old, name)) old.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (old.getAttribute(name) !== value && !kept(old, name)) old.setAttribute(name, value);
  }
  morphChildren(old, [...next.childNodes]);
}

export function morphChildren(parent, next) {
  const old = [...parent.childNodes];
  next.forEach((node, i) => (i < old.length ? morph(old[i], node) : parent.append(node)));
  old.slice(next.length).forEach((node) => node.remove());
}

function key(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.getAttribute("data-key") : null;
}

// What the person has changed is the person's.
function kept(node, name) {
  return (node.nodeName === "DETAILS" && name === "open") || (node.nodeName === "INPUT" && name === "value");
}
