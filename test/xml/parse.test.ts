import { describe, expect, it } from 'vitest';
import { parseDateTime } from '../../shared/xml/date-time.ts';
import { attribute, child, children, parseXml, text, XmlError, xsiType } from '../../shared/xml/parse.ts';

const deep = (levels: number) => '<a>'.repeat(levels) + '</a>'.repeat(levels);

describe('parseXml', () => {
  it('tells elements apart by namespace, whatever the prefix', () => {
    const root = parseXml('<s:a xmlns:s="urn:one" xmlns="urn:two"><b/><s:b>x</s:b></s:a>');
    expect(root).toMatchObject({ ns: 'urn:one', name: 'a' });
    expect(child(root, 'b')).toMatchObject({ ns: 'urn:two' });
    expect(child(root, 'b', 'urn:one')?.text).toBe('x');
    expect(children(root, 'b')).toHaveLength(2);
    expect(child(root, 'c')).toBeUndefined();
  });

  it('VS-10 finds xsi:type by its URI and strips the prefix of its value', () => {
    const odd =
      '<v xmlns:XMLSchema-instance="http://www.w3.org/2001/XMLSchema-instance" XMLSchema-instance:type="xsd:int" type="x">1</v>';
    expect(xsiType(parseXml(odd))).toBe('int');
    expect(attribute(parseXml(odd), 'type')).toBe('x');
    expect(xsiType(parseXml('<v type="Task">1</v>'))).toBeUndefined();
  });

  it('joins text and CDATA and resolves the predefined entities', () => {
    const root = parseXml('<a><b>1 &lt; 2 &amp;&#x41;<![CDATA[<raw>]]></b><c/></a>');
    expect(text(root, 'b')).toBe('1 < 2 &A<raw>');
    expect(text(root, 'c')).toBe('');
  });

  it.each([
    ['a DOCTYPE', '<!DOCTYPE a><a/>'],
    ['an entity of its own', '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'],
    ['an external entity', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
    ['an unclosed element', '<a><b></a>'],
    ['half a document', '<a><b>'],
    ['an unbound prefix', '<x:a/>'],
    ['two roots', '<a/><b/>'],
    ['nothing', ''],
    ['a web page', '<!DOCTYPE html><html><body>503</body></html>'],
    ['JSON', '{"a":1}'],
  ])('VS-30 refuses %s', (_what, document) => {
    expect(() => parseXml(document)).toThrow(XmlError);
  });

  it.each([
    ['a control character', 'Copying \u000b disk', 'Copying \ufffd disk'],
    ['a zero byte', 'a\u0000b', 'a\ufffdb'],
    ['half of a surrogate pair', 'a\ud800b\udc00c', 'a\ufffdb\ufffdc'],
    ['U+FFFE and U+FFFF', 'a\ufffe\uffffb', 'a\ufffd\ufffdb'],
    ['a reference to a control character', 'Copying &#11; disk', 'Copying &#11; disk'],
    ['a reference to zero', 'a&#0;b', 'a&#0;b'],
    ['a reference to half of a pair', 'a&#xD800;b', 'a&#xD800;b'],
    ['a reference beyond Unicode', 'a&#x110000;b', 'a&#x110000;b'],
    ['a reference to U+FFFE', 'a&#xFFFE;b', 'a&#xFFFE;b'],
    ['an entity that is not defined', 'a&nbsp;b', 'a&nbsp;b'],
    ['an entity named as a property of Object', 'a&constructor;b', 'a&constructor;b'],
    ['a reference inside of CDATA', '<![CDATA[a&#11;b&nbsp;]]>', 'a&#11;b&nbsp;'],
    ['a whole pair, and a reference to one', '\u{1F600} &#x1F600;', '\u{1F600} \u{1F600}'],
  ])('a text with %s is read', (_what, written, expected) => {
    expect(text(parseXml(`<a><b>${written}</b><c>next</c></a>`), 'b')).toBe(expected);
    expect(text(parseXml(`<a><b>${written}</b><c>next</c></a>`), 'c')).toBe('next');
    if (!written.includes('CDATA')) expect(attribute(parseXml(`<a b="${written}"/>`), 'b')).toBe(expected);
  });

  it('bounds how many references stand for nothing', () => {
    expect(parseXml(`<a>${'&x;'.repeat(10_000)}</a>`).text).toHaveLength(30_000);
    expect(() => parseXml(`<a>${'&x;'.repeat(10_001)}</a>`)).toThrow(XmlError);
  });

  it('VS-30 bounds the depth', () => {
    expect(parseXml(deep(100)).name).toBe('a');
    expect(() => parseXml(deep(101))).toThrow(/deeper than 100/);
    expect(() => parseXml(deep(200_000))).toThrow(XmlError);
  });

  it('VS-30 bounds the size in bytes, not in characters', () => {
    expect(parseXml('<a>éé</a>', { maxBytes: 11 }).text).toBe('éé');
    expect(() => parseXml('<a>éé</a>', { maxBytes: 10 })).toThrow(/larger than 10 bytes/);
  });

  it('VS-30 bounds the number of elements: a small one takes more memory than text', () => {
    expect(parseXml('<r><a/><a/></r>', { maxElements: 3 }).children).toHaveLength(2);
    expect(() => parseXml('<r><a/><a/></r>', { maxElements: 2 })).toThrow(/larger than 2 elements/);
    expect(() => parseXml(`<r>${'<a/>'.repeat(300_000)}</r>`)).toThrow(/larger than 300000 elements/);
  });

  it('keeps an element that is named __proto__ an element', () => {
    const root = parseXml('<a><__proto__ polluted="1">x</__proto__></a>');
    expect(child(root, '__proto__')?.text).toBe('x');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('parseDateTime', () => {
  it.each([
    ['2026-11-21T02:03:19.114517943Z', '2026-11-21T02:03:19.114Z'],
    ['2026-11-21T02:03:19.1Z', '2026-11-21T02:03:19.100Z'],
    ['2026-11-21T02:03:19Z', '2026-11-21T02:03:19.000Z'],
    ['2026-11-21T03:03:19.250+01:00', '2026-11-21T02:03:19.250Z'],
    ['2026-11-21T02:03:19.25', '2026-11-21T02:03:19.250Z'],
  ])('VS-31 reads %s', (given, expected) => {
    expect(new Date(parseDateTime(given)!).toISOString()).toBe(expected);
  });

  it.each(['', 'now', '2026-11-21', '2026-13-41T00:00:00Z'])('says that %j is no time', (given) => {
    expect(parseDateTime(given)).toBeUndefined();
  });
});
