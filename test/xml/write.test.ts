import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseXml, type XmlElement } from '../../shared/xml/parse.ts';
import { element, render, XmlError, type XmlNode } from '../../shared/xml/write.ts';

/** Any text that XML 1.0 can carry. */
const xmlText = fc
  .string({ unit: 'binary' })
  .filter((text) => [...text].every((it) => /[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(it)));

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/).filter((it) => !/^xml/i.test(it));

const { tree } = fc.letrec<{ tree: XmlNode }>((tie) => ({
  tree: fc
    .record({
      name,
      attributes: fc.dictionary(name, xmlText, { maxKeys: 3 }),
      // Neighbouring texts would come back as one.
      children: fc.oneof(
        { depthSize: 'small' },
        xmlText.map((text) => [text]),
        fc.array(tie('tree'), { maxLength: 3 }),
      ),
    })
    .map((it) => element(it.name, it.attributes, ...it.children)),
}));

function asWritten(read: XmlElement): XmlNode {
  const attributes = Object.fromEntries(read.attributes.map((it) => [it.name, it.value]));
  return {
    name: read.name,
    attributes,
    children: read.children.length > 0 ? read.children.map(asWritten) : [read.text],
  };
}

/** No text and an empty text are one in XML. */
function normal(node: XmlNode): XmlNode {
  const children = node.children.map((it) => (typeof it === 'string' ? it : normal(it)));
  return { ...node, attributes: { ...node.attributes }, children: children.length > 0 ? children : [''] };
}

describe('render', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(tree, (node) => {
        expect(asWritten(parseXml(render(node)))).toEqual(normal(node));
      }),
      { numRuns: 300 },
    );
  });

  it('escapes what has a meaning', () => {
    const node = element('a', { b: '"<&\n' }, '<x> & ]]> "y"\r\n');
    expect(render(node)).toBe('<a b="&quot;&lt;&amp;&#10;">&lt;x&gt; &amp; ]]&gt; "y"&#13;\n</a>');
  });

  it('leaves out absent attributes and content', () => {
    expect(render(element('a', { b: undefined }, undefined))).toBe('<a/>');
  });

  it.each(['\u0000', '\u0008', '\u001f', '\ufffe', '\ud800', '\udc00x'])(
    'refuses the character %j and names the place',
    (bad) => {
      const node = element('spec', {}, element('annotation', {}, `ok${bad}`));
      expect(() => render(node)).toThrow(XmlError);
      expect(() => render(node)).toThrow(/\/spec\/annotation holds the character U\+[0-9A-F]{4} at position 2/);
      expect(() => render(element('spec', { type: bad }))).toThrow(/\/spec\/@type/);
    },
  );

  it.each(['', 'a b', 'a><b', '1a', 'a:b:c', 'ä'])('refuses %j as a name', (bad) => {
    expect(() => render(element('x', {}, element(bad, {})))).toThrow(/is no name of an XML element/);
    expect(() => render(element('x', { [bad]: '1' }))).toThrow(/is no name of an XML attribute/);
  });
});
