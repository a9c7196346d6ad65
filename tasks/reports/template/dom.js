// Elements are made here and nowhere else: texts become text nodes, never markup.

function byId(id) {
  return document.getElementById(id);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child instanceof Node ? child : visible(child));
  }
  return element;
}

// Replace what an element holds; null and false are left out as in make().
function show(element, ...children) {
  element.replaceChildren();
  return fill(element, {}, children);
}

function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function drawn(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

// Control characters are shown as their pictures (one for one, so that offsets stay); lone surrogates as U+FFFD.
function visible(value) {
  const text = String(value).replace(/[\u0000-\u0008\u000b-\u001f]/g, (c) =>
    c === "\r" ? c : String.fromCharCode(0x2400 + c.charCodeAt(0)),
  );
  return text.isWellFormed && !text.isWellFormed() ? text.toWellFormed() : text;
}

// A text of foreign origin inside a line of ours: its direction cannot leak out.
function foreign(value, attributes = {}) {
  return make("bdi", attributes, value);
}

function button(label, listener, attributes = {}) {
  return make("button", { type: "button", on: { click: listener }, ...attributes }, label);
}

function threadAddress(id, message) {
  return "#thread=" + encodeURIComponent(visible(id)) + (message === undefined ? "" : "&message=" + message);
}
