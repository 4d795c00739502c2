// Views are functions of the state: they describe elements, and `patch` brings the document there
// with as few changes as it takes, so that focus, selection and scrolling stay. Text is only ever
// set as text.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "path", "circle", "rect"]);

export interface Props {
  /** What tells one child from its siblings when they move. */
  key?: string;
  on?: { [Kind in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Kind]) => void };
  /** Once, when the element is in the document; what it returns is called when it is gone. */
  mount?: (element: HTMLElement) => unknown;
  [name: string]: unknown;
}

export interface Node {
  tag: string;
  props: Props;
  children: Child[];
}
type Child = Node | string;
export type Children = (Child | number | null | undefined | false | Children)[];

export function h(tag: string, props: Props = {}, ...children: Children): Node {
  return { tag, props, children: flat(children) };
}

interface Mounted extends Element {
  described?: Node;
  gone?: (() => void) | undefined;
}

/** Make the children of `parent` what is described. */
export function patch(parent: Element, described: Children): void {
  const mounts: (() => void)[] = [];
  patchChildren(parent, flat(described), mounts);
  for (const mount of mounts) mount();
}

function flat(children: Children): Child[] {
  const all: Child[] = [];
  for (const child of children) {
    if (Array.isArray(child)) all.push(...flat(child));
    else if (typeof child === "number") all.push(String(child));
    else if (child) all.push(child);
  }
  return all;
}

function patchChildren(parent: Element, children: Child[], mounts: (() => void)[]): void {
  const old = [...parent.childNodes];
  const keyed = new Map<string, ChildNode>();
  for (const node of old) {
    const key = (node as Mounted).described?.props.key;
    if (key !== undefined) keyed.set(key, node as ChildNode);
  }
  const kept = new Set<ChildNode>();
  const next: ChildNode[] = [];
  let at = 0;
  for (const child of children) {
    let found: ChildNode | undefined;
    if (typeof child !== "string" && child.props.key !== undefined) {
      found = keyed.get(child.props.key);
      if (found && !fits(found, child)) found = undefined;
    } else {
      while (at < old.length && (kept.has(old[at]!) || isKeyed(old[at]!))) at += 1;
      const candidate = old[at];
      if (candidate && fits(candidate, child)) {
        found = candidate;
        at += 1;
      }
    }
    const node = found ?? made(child);
    kept.add(node);
    if (typeof child === "string") {
      if (node.nodeValue !== child) node.nodeValue = child;
    } else {
      update(node as Mounted, child, !found, mounts);
    }
    next.push(node);
  }
  for (const node of old) if (!kept.has(node)) removed(parent, node);
  let place: ChildNode | null = parent.firstChild;
  for (const node of next) {
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  }
}

function isKeyed(node: ChildNode): boolean {
  return (node as ChildNode & Mounted).described?.props.key !== undefined;
}

function fits(node: ChildNode, child: Child): boolean {
  if (typeof child === "string") return node.nodeType === 3;
  const described = (node as ChildNode & Mounted).described;
  return described?.tag === child.tag && described.props.key === child.props.key;
}

function made(child: Child): ChildNode {
  if (typeof child === "string") return document.createTextNode(child);
  return SVG_TAGS.has(child.tag)
    ? document.createElementNS(SVG, child.tag)
    : document.createElement(child.tag);
}

function update(element: Mounted, node: Node, fresh: boolean, mounts: (() => void)[]): void {
  const before = element.described?.props ?? {};
  element.described = node;
  for (const name of new Set([...Object.keys(before), ...Object.keys(node.props)]))
    if (before[name] !== node.props[name] || name === "value" || name === "checked")
      change(element, name, before[name], node.props[name]);
  patchChildren(element, node.children, mounts);
  // A list's choice is set when its options are there.
  if (node.tag === "select" && "value" in node.props)
    (element as unknown as HTMLSelectElement).value = String(node.props["value"]);
  const { mount } = node.props;
  if (fresh && mount)
    mounts.push(() => {
      const gone = mount(element as unknown as HTMLElement);
      element.gone = typeof gone === "function" ? (gone as () => void) : undefined;
    });
}

function change(element: Mounted, name: string, before: unknown, value: unknown): void {
  if (name === "key" || name === "mount") return;
  if (name === "on") {
    listen(element, (before ?? {}) as object, (value ?? {}) as object);
  } else if (name === "checked" || (name === "value" && element.tagName !== "OPTION")) {
    const input = element as unknown as Record<string, unknown>;
    if (value !== undefined && input[name] !== value) input[name] = value;
  } else if (value === undefined || value === null || value === false) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** One listener for each kind, which calls what is described now. */
function listen(element: Mounted, before: object, value: object): void {
  for (const kind of Object.keys(value)) {
    if (kind in before) continue;
    element.addEventListener(kind, (event) => {
      const now = element.described?.props.on as Record<string, (event: Event) => void> | undefined;
      now?.[kind]?.(event);
    });
  }
}

function removed(parent: Element, node: ChildNode): void {
  farewell(node);
  parent.removeChild(node);
}

function farewell(node: ChildNode): void {
  (node as ChildNode & Mounted).gone?.();
  for (const child of node.childNodes) farewell(child);
}
