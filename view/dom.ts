/** Attributes of an element; a function listens to the event of its name. */
type Attributes = Readonly<Record<string, string | number | boolean | ((event: Event) => void) | null>>;

/**
 * Makes an element. Texts become text nodes, never markup: names come from programs that are not trusted.
 */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string | null)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  set(element, attributes);
  append(element, children);
  return element;
}

/** Makes an element of a drawing. */
export function svg(
  tag: string,
  attributes: Attributes = {},
  ...children: readonly (Node | string | null)[]
): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  set(element, attributes);
  append(element, children);
  return element;
}

function set(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}

function append(element: Element, children: readonly (Node | string | null)[]): void {
  for (const child of children) if (child !== null) element.append(child);
}
