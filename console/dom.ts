/** Builds elements of data, and brings the page up to date with them. Data only ever becomes text or an attribute's value. */

export type Child = Node | string | number | false | undefined | readonly Child[];
export type Attributes = Record<string, string | number | boolean | undefined>;

const SVG = 'http://www.w3.org/2000/svg';

export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes,
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  return filled(document.createElement(tag), attributes, children);
}

export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes,
  ...children: Child[]
): SVGElementTagNameMap[Tag] {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled<Made extends Element>(element: Made, attributes: Attributes, children: readonly Child[]): Made {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...nodes(children));
  return element;
}

function nodes(children: readonly Child[]): (Node | string)[] {
  return children.flatMap((child) => {
    if (child === undefined || child === false) return [];
    if (typeof child === 'object' && !(child instanceof Node)) return nodes(child);
    return [typeof child === 'number' ? String(child) : child];
  });
}

/**
 * Makes the children of `current` like `wanted`, and keeps every element that is still wanted: with its focus, its scroll
 * position, what is selected in it and whether it is unfolded. `data-key` tells siblings apart that may come and go.
 */
export function update(current: Element, wanted: readonly Child[]): void {
  const made = document.createElement('div');
  made.append(...nodes(wanted));
  patchChildren(current, made);
}

function patchChildren(current: Element, wanted: Element): void {
  const keyed = new Map<string, Element>();
  for (const child of current.children) {
    const key = keyOf(child);
    if (key !== undefined) keyed.set(key, child);
  }
  let place: ChildNode | null = current.firstChild;
  for (const child of [...wanted.childNodes]) {
    const key = keyOf(child);
    const same = key === undefined ? place : keyed.get(key);
    if (!same || !isAlike(same, child)) {
      current.insertBefore(child, place);
      continue;
    }
    if (same === place) place = place.nextSibling;
    else current.insertBefore(same, place);
    patch(same, child);
  }
  while (place) {
    const next: ChildNode | null = place.nextSibling;
    place.remove();
    place = next;
  }
}

function patch(current: Node, wanted: Node): void {
  if (!(current instanceof Element && wanted instanceof Element)) {
    if (current.nodeValue !== wanted.nodeValue) current.nodeValue = wanted.nodeValue;
    return;
  }
  for (const { name } of [...current.attributes]) {
    // Whether something is unfolded is the reader's decision.
    if (name !== 'open' && !wanted.hasAttribute(name)) current.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (current.getAttribute(name) !== value) current.setAttribute(name, value);
  }
  patchChildren(current, wanted);
}

function isAlike(current: Node, wanted: Node): boolean {
  return current.nodeName === wanted.nodeName && keyOf(current) === keyOf(wanted);
}

function keyOf(node: Node): string | undefined {
  return node instanceof Element ? (node.getAttribute('data-key') ?? undefined) : undefined;
}
