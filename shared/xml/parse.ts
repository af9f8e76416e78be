import { SaxesParser } from 'saxes';
import { XmlError } from './error.ts';

export { XmlError } from './error.ts';

export const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

export interface XmlElement {
  /** Namespace URI, '' for none. Prefixes are the writer's choice and are not kept. */
  readonly ns: string;
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** Its own text, without that of its children. */
  readonly text: string;
}

export interface XmlAttribute {
  readonly ns: string;
  readonly name: string;
  readonly value: string;
}

export interface ParseLimits {
  /** UTF-8 bytes of the document; 8 MiB unless told. */
  maxBytes?: number;
  /** Elements inside each other; 100 unless told. Everything that walks the tree may recurse because of it. */
  maxDepth?: number;
  /** 300,000 unless told. */
  maxElements?: number;
}

/**
 * An element of the tree takes some 230 bytes, whatever it has in the document: 8 MiB of `<a/>` would be 450 MB, and a function
 * has 512. TaskInfo has about 30 elements, so 10,000 tasks fit.
 */
const MAX_ELEMENTS = 300_000;

/** Depth 100: the deepest vSphere answer on record has 14 levels, a snapshot tree adds two a level, 32 levels at most. */
const DEFAULTS = { maxBytes: 8 * 1024 * 1024, maxDepth: 100, maxElements: MAX_ELEMENTS };

interface Open {
  ns: string;
  name: string;
  attributes: XmlAttribute[];
  children: XmlElement[];
  text: string;
}

/** What XML 1.0 has no room for: most controls, halves of surrogate pairs, U+FFFE and U+FFFF. */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** `&#11;` and `&nbsp;`, which stand for nothing here; the parser leaves them in the text as they are. */
const ODD_REFERENCE = /(malformed character entity|undefined entity|disallowed character in entity name)\.$/;
/** Each costs as much as an element. */
const MAX_ODD_REFERENCES = 10_000;

/**
 * A character that XML forbids makes no answer unreadable: servers copy into it whatever a script, a disk's name or a guest
 * has written. In its place is U+FFFD, and a reference to one, or to an entity that is not defined, is kept as it is written.
 *
 * Reads a document from a peer that is not trusted: no DOCTYPE, so no entity but the five predefined ones, and bounded in
 * size and depth.
 *
 * @throws {XmlError} for anything that is not well-formed or goes beyond the limits
 */
export function parseXml(document: string, limits: ParseLimits = {}): XmlElement {
  const maxBytes = limits.maxBytes ?? DEFAULTS.maxBytes;
  const maxDepth = limits.maxDepth ?? DEFAULTS.maxDepth;
  const maxElements = limits.maxElements ?? DEFAULTS.maxElements;
  if (document.length > maxBytes || Buffer.byteLength(document) > maxBytes) {
    throw new XmlError(`The XML document is larger than ${maxBytes} bytes`);
  }
  // XML 1.0 is forced: 1.1 would let control characters in that cannot be sent back.
  const parser = new SaxesParser({ xmlns: true, forceXMLVersion: true, defaultXMLVersion: '1.0' } as const);
  const open: Open[] = [];
  let root: XmlElement | undefined;
  let elements = 0;

  let oddReferences = 0;
  parser.on('error', (error) => {
    if (ODD_REFERENCE.test(error.message) && ++oddReferences <= MAX_ODD_REFERENCES) return;
    throw new XmlError(`The XML is not well-formed: ${error.message}`, { cause: error });
  });
  parser.on('doctype', () => {
    throw new XmlError('The XML has a DOCTYPE, which is never accepted');
  });
  parser.on('opentag', (tag) => {
    if (open.length >= maxDepth) throw new XmlError(`The XML is nested deeper than ${maxDepth} elements`);
    if (++elements > maxElements) throw new XmlError(`The XML document is larger than ${maxElements} elements`);
    const attributes = Object.values(tag.attributes)
      .filter((attribute) => attribute.prefix !== 'xmlns' && attribute.name !== 'xmlns')
      .map((attribute) => ({ ns: attribute.uri, name: attribute.local, value: attribute.value }));
    open.push({ ns: tag.uri, name: tag.local, attributes, children: [], text: '' });
  });
  const addText = (text: string) => {
    const current = open.at(-1);
    if (current) current.text += text;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const element = open.pop();
    if (!element) return;
    const parent = open.at(-1);
    if (parent) parent.children.push(element);
    else root = element;
  });

  parser.write(document.replace(FORBIDDEN, '\ufffd')).close();
  if (!root) throw new XmlError('The XML document is empty');
  return root;
}

/** The first child of this name; of this namespace too, if given. */
export function child(element: XmlElement, name: string, ns?: string): XmlElement | undefined {
  return element.children.find((it) => it.name === name && (ns === undefined || it.ns === ns));
}

/** All children of this name, in document order. */
export function children(element: XmlElement, name: string, ns?: string): XmlElement[] {
  return element.children.filter((it) => it.name === name && (ns === undefined || it.ns === ns));
}

/** The text of the first child of this name, '' for an empty one. */
export function text(element: XmlElement, name: string): string | undefined {
  return child(element, name)?.text;
}

export function attribute(element: XmlElement, name: string, ns = ''): string | undefined {
  return element.attributes.find((it) => it.name === name && it.ns === ns)?.value;
}

/** The local part of `xsi:type`, whatever prefixes the writer chose for the attribute and for its value. */
export function xsiType(element: XmlElement): string | undefined {
  const type = attribute(element, 'type', XSI)?.trim();
  return type ? type.slice(type.indexOf(':') + 1) : undefined;
}
