import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parseXml, type XmlElement, XmlError, xsiType } from '../../../shared/xml/parse.ts';
import { element, render } from '../../../shared/xml/write.ts';
import { mutate } from '../mutate.ts';
import { readTapes } from '../tape.ts';
import { hold, type Target } from '../target.ts';

const MAX_DEPTH = 100;

/** Answers that were recorded, on this machine and elsewhere. */
export function xmlSeeds(): Buffer[] {
  const fixtures = new URL('../../fixtures/vsphere/', import.meta.url);
  const kept = readdirSync(fixtures).map((file) => readFileSync(new URL(file, fixtures)));
  const replies = readTapes().flatMap(({ exchanges }) => exchanges.map(({ reply }) => reply.body));
  return [...kept, ...replies.filter((body) => body.startsWith('<')).map((body) => Buffer.from(body))];
}

/** The XML parser: a tree within its bounds, or an XmlError; and what it read can be written and read again. */
export async function xml(): Promise<Target> {
  const seeds = xmlSeeds();
  return {
    make: (random) => ({ frame: {}, bytes: mutate(random.pick(seeds), random) }),
    async run({ bytes }) {
      const tree = parsed(bytes.toString('utf8'));
      if (tree === undefined) return;
      hold(depthOf(tree) <= MAX_DEPTH, 'the tree is deeper than its bound');
      xsiType(tree);
      const again = writable(tree);
      if (again !== undefined)
        hold(isDeepStrictEqual(shape(parsed(again)!), shape(tree)), 'written and read again it is another tree');
    },
  };
}

function parsed(document: string): XmlElement | undefined {
  try {
    return parseXml(document);
  } catch (error) {
    if (error instanceof XmlError) return undefined;
    throw error;
  }
}

function depthOf({ children }: XmlElement): number {
  return 1 + children.reduce((deepest, it) => Math.max(deepest, depthOf(it)), 0);
}

/** Our writer knows SOAP's names only, which are fewer than XML's. */
function writable(tree: XmlElement): string | undefined {
  try {
    return render(node(tree));
  } catch (error) {
    if (error instanceof XmlError) return undefined;
    throw error;
  }
}

function node({ name, text, children }: XmlElement): ReturnType<typeof element> {
  return element(name, {}, ...(text === '' ? [] : [text]), ...children.map(node));
}

/** Names and texts; where a text stands between the children is not kept. */
function shape({ name, text, children }: XmlElement): unknown[] {
  return [name, text, children.map(shape)];
}
