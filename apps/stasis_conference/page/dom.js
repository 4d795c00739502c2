// @ts-check
/**
 * Making and changing elements. Everything that comes from elsewhere goes in as text, never as
 * markup; what did not change is not touched, so that neither focus nor a screen reader notices.
 */

/** @typedef {Node|string|null|undefined|false} Child */

/**
 * An element. Properties that begin with `on` are listeners, `class` and the others attributes;
 * `true` is an attribute without a value, `false`, `null` and `undefined` leave it out.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Child|Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else set(element, name, value);
  }
  element.append(...nodes(children));
  return element;
}

/**
 * @param {(Child|Child[])[]} children
 * @returns {(Node|string)[]}
 */
function nodes(children) {
  return /** @type {(Node|string)[]} */ (
    children.flat().filter((each) => each !== null && each !== undefined && each !== false)
  );
}

/**
 * Set an attribute, or take it away.
 *
 * @param {Element} element
 * @param {string} name
 * @param {string|number|boolean|null|undefined} value
 */
export function set(element, name, value) {
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/**
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Put something else into an element.
 *
 * @param {Element} element
 * @param {...(Child|Child[])} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
}

/**
 * @param {HTMLElement} element
 * @param {boolean} shown
 */
export function show(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

/**
 * Have one child for each item, in order. A child stays the same element while its key is there.
 *
 * @template Item
 * @template {{element: HTMLElement}} View
 * @param {HTMLElement} parent
 * @param {Map<string, View>} views by key; is changed
 * @param {Item[]} items
 * @param {(item: Item) => string} key
 * @param {(item: Item) => View} make
 * @param {(view: View, item: Item) => void} update
 */
export function each(parent, views, items, key, make, update) {
  const keys = new Set(items.map(key));
  for (const [known, view] of views) {
    if (keys.has(known)) continue;
    view.element.remove();
    views.delete(known);
  }
  items.forEach((item, index) => {
    let view = views.get(key(item));
    if (!view) {
      view = make(item);
      views.set(key(item), view);
    }
    update(view, item);
    // Moving an element takes its focus away: only what is in the wrong place is moved.
    const there = parent.children[index];
    if (there !== view.element) parent.insertBefore(view.element, there ?? null);
  });
}
