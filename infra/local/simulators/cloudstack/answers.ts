import { javaEncode } from './signature.ts';

export type Body = { [key: string]: unknown };

export interface Rendering {
  format: 'json' | 'xml';
  /** `encode.api.response`: every text but dates is form-encoded. */
  encoded: boolean;
}

/** An answer on the wire. Null and absent members are dropped, as the server's serialiser does. */
export function render(envelope: string, body: Body, { format, encoded }: Rendering): { type: string; text: string } {
  const shown = (encoded ? encodeTexts(body) : body) as Body;
  if (format === 'json') {
    return {
      type: 'application/json; charset=UTF-8',
      text: unescaped(JSON.stringify({ [envelope]: withoutNulls(shown) })),
    };
  }
  const xml = `<?xml version="1.0" encoding="UTF-8"?><${envelope} cloud-stack-version="4.20.0.0">${elements(shown)}</${envelope}>`;
  return { type: 'text/xml; charset=UTF-8', text: xml };
}

/** The server undoes `\uXXXX` after it has written its JSON: a control character arrives raw, and the JSON is invalid. */
function unescaped(json: string): string {
  return json.replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null && member !== undefined)
      .map(([key, member]) => [key, withoutNulls(member)]),
  );
}

function encodeTexts(value: unknown): unknown {
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT/.test(value) ? value : javaEncode(value);
  if (Array.isArray(value)) return value.map(encodeTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, encodeTexts(member)]));
}

function elements(body: Body): string {
  return Object.entries(body)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) =>
      [value]
        .flat()
        .map((member) => `<${name}>${content(member)}</${name}>`)
        .join(''),
    )
    .join('');
}

function content(value: unknown): string {
  if (typeof value === 'object' && value !== null) return elements(value as Body);
  return String(value).replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character]!);
}
