/** How peers write what they were sent, and how a reader gets it back. */
export interface Spelling {
  name: string;
  spell(text: string): string;
  read(spelled: string): string;
}

const XML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
const unXml = (text: string) =>
  text.replace(/&(?:amp|lt|gt|quot|apos|#(\d+)|#x([0-9a-f]+));/gi, (all, decimal, hex) => {
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : undefined;
    if (code !== undefined) return String.fromCodePoint(code);
    return Object.entries(XML).find(([, entity]) => entity === all)?.[0] ?? all;
  });
const unPercent = (text: string) =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'));
const unJson = (text: string) =>
  text.replace(/\\(?:u([0-9a-f]{4})|(.))/gis, (_, code, char) =>
    code
      ? String.fromCharCode(Number.parseInt(code, 16))
      : (({ n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' } as Record<string, string>)[char] ?? char),
  );
const units = (text: string) => text.split('');
const json = (text: string) => JSON.stringify(text).slice(1, -1);
const percent = (text: string) => encodeURIComponent(text.toWellFormed());
const everyByte = (text: string) => Buffer.from(text).toString('hex').replace(/../g, '%$&');

export const SPELLINGS: readonly Spelling[] = [
  { name: 'as it is', spell: (text) => text, read: (text) => text },
  { name: 'XML text', spell: (text) => text.replace(/[&<>]/g, (char) => XML[char]!), read: unXml },
  { name: 'an XML attribute', spell: (text) => text.replace(/[&<>"']/g, (char) => XML[char]!), read: unXml },
  {
    name: 'decimal references',
    spell: (text) => [...text].map((it) => `&#${it.codePointAt(0)};`).join(''),
    read: unXml,
  },
  {
    name: 'hexadecimal references with zeros',
    spell: (text) => [...text].map((it) => `&#x000${it.codePointAt(0)!.toString(16).toUpperCase()};`).join(''),
    read: unXml,
  },
  { name: 'JSON', spell: json, read: unJson },
  { name: 'JSON with solidus escaped', spell: (text) => json(text).replaceAll('/', '\\/'), read: unJson },
  {
    name: 'JSON in ASCII',
    spell: (text) =>
      units(text)
        .map((it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`)
        .join(''),
    read: unJson,
  },
  {
    name: 'JSON in ASCII, upper case',
    spell: (text) =>
      units(text)
        .map((it) => `\\u${it.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)
        .join(''),
    read: unJson,
  },
  { name: 'a URL', spell: percent, read: unPercent },
  {
    name: 'a URL, lower case',
    spell: (text) => percent(text).replace(/%../g, (it) => it.toLowerCase()),
    read: unPercent,
  },
  { name: 'a URL, every byte', spell: everyByte, read: unPercent },
  {
    name: 'a form',
    spell: (text) => new URLSearchParams([['', text]]).toString().slice(1),
    read: (text) => unPercent(text.replaceAll('+', ' ')),
  },
  {
    name: 'JSON in XML',
    spell: (text) => json(text).replace(/[&<>"]/g, (char) => XML[char]!),
    read: (text) => unJson(unXml(text)),
  },
  { name: 'JSON in JSON', spell: (text) => json(json(text)), read: (text) => unJson(unJson(text)) },
  { name: 'a URL in a URL', spell: (text) => percent(percent(text)), read: (text) => unPercent(unPercent(text)) },
  {
    name: 'XML in JSON',
    spell: (text) => json(text.replace(/[&<>]/g, (char) => XML[char]!)),
    read: (text) => unXml(unJson(text)),
  },
  {
    name: 'hex',
    spell: (text) => Buffer.from(text).toString('hex'),
    read: (text) => packed(text, /[0-9a-f]+/gi, 'hex', 2),
  },
  ...[0, 1, 2].flatMap((offset): Spelling[] => {
    const of = (text: string) => Buffer.from('u'.repeat(offset) + text);
    const read = (text: string) => packed(text, /[\w+/-]+/g, 'base64', 4);
    return [
      { name: `base64 at offset ${offset}`, spell: (text) => of(text).toString('base64'), read },
      {
        name: `base64 at offset ${offset} without padding`,
        spell: (text) => of(text).toString('base64').replaceAll('=', ''),
        read,
      },
      { name: `base64url at offset ${offset}`, spell: (text) => of(text).toString('base64url'), read },
      {
        name: `base64 at offset ${offset} in lines`,
        spell: (text) => of(text).toString('base64').replace(/.{20}/g, '$&\r\n'),
        read: (text) => read(text.replace(/[\r\n]/g, '')),
      },
      {
        name: `base64 at offset ${offset} in a URL`,
        spell: (text) => encodeURIComponent(of(text).toString('base64')),
        read: (text) => read(unPercent(text)),
      },
    ];
  }),
];

/** Whatever the runs in a text hold, read from each place where a byte may begin. */
function packed(text: string, run: RegExp, encoding: 'hex' | 'base64', phases: number): string {
  return [...text.matchAll(run)]
    .flatMap(([found]) =>
      Array.from({ length: phases }, (_, at) => Buffer.from(found.slice(at), encoding).toString('utf8')),
    )
    .join(' ');
}
