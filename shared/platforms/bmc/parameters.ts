import { element, type XmlNode } from '../../xml/write.ts';

export interface Issue {
  path: string[];
  message: string;
}

/** An element name without a prefix; a caller's JSON must not be able to write markup. */
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/;
/** Deeper than any documented request (spec-set, object-set, task). */
const MAX_DEPTH = 20;
/** XML 1.0 cannot hold these, not even as references. */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** What is wrong with parameters; nothing for those that can be written. */
export function issuesOf(value: unknown, path: string[] = []): Issue[] {
  if (path.length > MAX_DEPTH) return [{ path, message: `is nested deeper than ${MAX_DEPTH} elements` }];
  if (Array.isArray(value)) {
    return value.flatMap((inner, index) =>
      issuesOf(Array.isArray(inner) ? undefined : inner, [...path, String(index)]),
    );
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, inner]) =>
      NAME.test(name)
        ? issuesOf(inner, [...path, name])
        : [{ path: [...path, name], message: 'is no name of an XML element' }],
    );
  }
  if (typeof value === 'string') {
    return FORBIDDEN.test(value) ? [{ path, message: 'has a character that XML cannot carry' }] : [];
  }
  const plain = typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
  return plain ? [] : [{ path, message: 'must be a text, a number, a boolean, an object or a list of these' }];
}

/** Parameters without issues as elements. */
export function nodesOf(parameters: Readonly<Record<string, unknown>>): XmlNode[] {
  return Object.entries(parameters).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((inner) =>
      typeof inner === 'object' && inner !== null
        ? element(name, {}, ...nodesOf(inner as Record<string, unknown>))
        : element(name, {}, String(inner)),
    ),
  );
}
