import { XmlError } from './error.ts';

export { XmlError } from './error.ts';

/** An element that is still to be written. A string among its children is text. */
export interface XmlNode {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (XmlNode | string)[];
}

export function element(
  name: string,
  attributes: Record<string, string | undefined>,
  ...content: readonly (XmlNode | string | undefined)[]
): XmlNode {
  const present = Object.entries(attributes).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    name,
    attributes: Object.fromEntries(present),
    children: content.filter((it) => it !== undefined),
  };
}

/** Names as SOAP uses them. Element names can come from a caller's JSON, so they are a way to inject markup. */
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*(:[A-Za-z_][A-Za-z0-9_.-]*)?$/;

/** What XML 1.0 cannot hold, not even as a character reference: most C0 controls, lone surrogates, U+FFFE, U+FFFF. */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

const REFERENCES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // A reader turns a bare CR into LF, and TAB and LF inside an attribute into blanks.
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/**
 * Writes the element, without an XML declaration.
 *
 * @throws {XmlError} for a name or a character that XML 1.0 does not have, with the path to it
 */
export function render(node: XmlNode): string {
  const out: string[] = [];
  write(node, '', out);
  return out.join('');
}

function write(node: XmlNode, parent: string, out: string[]): void {
  const place = `${parent}/${node.name}`;
  if (!NAME.test(node.name))
    throw new XmlError(`${JSON.stringify(node.name)} in ${parent || '/'} is no name of an XML element`);
  out.push('<', node.name);
  for (const [name, value] of Object.entries(node.attributes)) {
    if (!NAME.test(name)) throw new XmlError(`${JSON.stringify(name)} of ${place} is no name of an XML attribute`);
    out.push(' ', name, '="', escaped(value, /[&<>"\r\n\t]/g, `${place}/@${name}`), '"');
  }
  if (node.children.length === 0) {
    out.push('/>');
    return;
  }
  out.push('>');
  for (const inner of node.children) {
    if (typeof inner === 'string') out.push(escaped(inner, /[&<>\r]/g, place));
    else write(inner, place, out);
  }
  out.push('</', node.name, '>');
}

function escaped(value: string, special: RegExp, place: string): string {
  const bad = FORBIDDEN.exec(value);
  if (bad) {
    const code = bad[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    throw new XmlError(`${place} holds the character U+${code} at position ${bad.index}, which XML 1.0 cannot carry`);
  }
  return value.replace(special, (character) => REFERENCES[character]!);
}
