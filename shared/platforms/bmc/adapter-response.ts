import { shortened } from '../../secrets/conceal.ts';
import { child, parseXml, type XmlElement } from '../../xml/parse.ts';
import type { Output } from './carrier.ts';
import { callFault, type Fault } from './errors.ts';

/** Names are compared without their namespace: peers add prefixes as they like. */
const ROOT = 'vmware-infrastructure-response';

/** The output that holds it, unless the connection names another. */
export const DEFAULT_OUTPUT = 'adapter response';

/** What the adapter answered, one layer above vCenter. */
export interface AdapterResponse {
  /** `metadata/status`, in lower case: whether the adapter could ask, never whether a task has ended. */
  status: string;
  /** The adapter's own words for a failure. */
  explanation: string;
  /** Ids that the answer to a starting operation names. */
  tasks: string[];
  /** Every TaskInfo, with all ids that say whose it is. */
  infos: { ids: string[]; element: XmlElement }[];
  /** It is the answer to Retrieve Task Status, with or without a task in it. */
  isTaskStatus: boolean;
}

/**
 * The adapter's document among the outputs of a workflow: in the one that the connection names, or, where there is no such
 * output, in any.
 */
export function findResponse(outputs: readonly Output[], name: string): AdapterResponse | undefined {
  const wanted = name.trim().toLowerCase();
  const named = outputs.filter((it) => it.name.trim().toLowerCase() === wanted);
  for (const { value } of named.length > 0 ? named : outputs) {
    const root = rootIn(value);
    if (root) return readResponse(root);
  }
  return undefined;
}

const NO_RESPONSE = 'NoAdapterResponse';
const UNREADABLE = {
  name: 'an adapter response that is cut or not well-formed',
  hint: 'the workflow must pass on the whole document as the adapter answers it',
};
const OTHER = {
  name: "the output holds the workflow's own words and no adapter response",
  hint: 'the workflow ended before or without the adapter; its log tells more',
};

/** Why there is no response among the outputs: there is no such output, it is cut, or it holds something else. */
export function missingResponse(outputs: readonly Output[], name: string, call: string): Fault {
  const wanted = name.trim().toLowerCase();
  const named = outputs.find((it) => it.name.trim().toLowerCase() === wanted);
  const cut = [...(named ? [named] : []), ...outputs].find(({ value }) => rawOf(value).includes(ROOT));
  if (cut) {
    const text = rawOf(cut.value);
    return callFault(NO_RESPONSE, call, `"${cut.name}" has ${text.length} characters, ${whyUnreadable(text)}`, {
      said: UNREADABLE,
    });
  }
  if (named === undefined) return callFault(NO_RESPONSE, call, namesOf(outputs));
  const text = rawOf(named.value)
    .slice(0, 4000)
    .replace(/<\/?[\w:.-]+\s*\/?>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return callFault(NO_RESPONSE, call, `"${named.name}" ${text === '' ? 'is empty' : `says: ${text}`}`, { said: OTHER });
}

function rawOf(value: string | XmlElement): string {
  return typeof value === 'string' ? value : [...textsOf(value)].join(' ');
}

function whyUnreadable(text: string): string {
  if (!text.includes(`</${ROOT}`) && !text.includes(`/${ROOT}&gt;`)) return 'and its end is missing';
  try {
    parseXml(text.trim());
    return 'and is escaped more than once';
  } catch (error) {
    return `and cannot be read: ${shortened((error as Error).message, 200)}`;
  }
}

function namesOf(outputs: readonly Output[]): string {
  const names = outputs.slice(0, 10).map(({ name }) => `"${shortened(name, 60)}"`);
  return names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`;
}

/**
 * A value may be the document, hold it as an element (`<result>`, XmlDoc), or hold it as escaped text. It is unescaped once
 * beyond what its own encoding asks for: once more, and `R&amp;D` would be broken.
 */
function rootIn(value: string | XmlElement): XmlElement | undefined {
  const tree = typeof value === 'string' ? parsed(value) : value;
  if (!tree) return undefined;
  const there = find(tree, (it) => it.name === ROOT);
  if (there) return there;
  for (const text of textsOf(tree)) {
    const inner = text.includes(ROOT) ? parsed(text) : undefined;
    const root = inner && find(inner, (it) => it.name === ROOT);
    if (root) return root;
  }
  return undefined;
}

/** As a document, or as a fragment: text with references, or several elements beside each other. */
function parsed(text: string): XmlElement | undefined {
  const trimmed = text.replace(/^[\s\uFEFF]+/, '').trimEnd();
  if (trimmed === '') return undefined;
  return tryParse(trimmed) ?? tryParse(`<value>${trimmed.replace(/^<\?xml[^>]*\?>/, '')}</value>`);
}

function tryParse(text: string): XmlElement | undefined {
  try {
    return parseXml(text);
  } catch {
    return undefined;
  }
}

function find(element: XmlElement, wanted: (it: XmlElement) => boolean): XmlElement | undefined {
  if (wanted(element)) return element;
  for (const inner of element.children) {
    const found = find(inner, wanted);
    if (found) return found;
  }
  return undefined;
}

function* textsOf(element: XmlElement): Generator<string> {
  if (element.text.trim() !== '') yield element.text;
  for (const inner of element.children) yield* textsOf(inner);
}

/** By path, never by the first match: `status`, `Task` and `name` occur in results, reasons and devices as well. */
function readResponse(root: XmlElement): AdapterResponse {
  const metadata = child(root, 'metadata');
  const answers = root.children.filter((it) => it !== metadata);
  const tasks = new Set<string>();
  for (const answer of answers) collectTasks(answer, tasks);
  const infos: AdapterResponse['infos'] = [];
  for (const answer of answers) collectInfos(answer, [], infos);
  return {
    status: textOf(metadata && child(metadata, 'status')).toLowerCase(),
    explanation: explanationOf(metadata, root),
    tasks: [...tasks],
    infos,
    isTaskStatus: find(root, (it) => it.name === 'RetrieveTaskStatusResponse' || it.name === 'returnval') !== undefined,
  };
}

/** The wrapper is `<vSphere method>Response`, so it is no key; only what stands inside a TaskInfo is not the answer. */
function collectTasks(element: XmlElement, tasks: Set<string>): void {
  if (element.name === 'TaskInfo') return;
  if (element.name === 'Task' && element.children.length === 0) {
    if (textOf(element) !== '') tasks.add(textOf(element));
    return;
  }
  for (const inner of element.children) collectTasks(inner, tasks);
}

/** An id stands beside the properties (returnval/Task) and twice inside: key and Task. */
function collectInfos(element: XmlElement, around: readonly string[], infos: AdapterResponse['infos']): void {
  const ids = [...around, ...element.children.filter((it) => it.name === 'Task').map(textOf)];
  for (const inner of element.children) {
    if (inner.name !== 'TaskInfo') {
      collectInfos(inner, ids, infos);
      continue;
    }
    const own = inner.children.filter((it) => it.name === 'key' || it.name === 'Task').map(textOf);
    infos.push({ ids: [...ids, ...own].filter((id) => id !== ''), element: inner });
  }
}

/** Seen in clients of other adapters of the family; the wording of this one is not documented. */
const EXPLANATION = /error|message|reason|detail|description|fault|cause|exception/i;
const NO_SENTENCE = /(code|count|id|time)$/i;
const MAX_TEXT = 2000;

/** All that is said where something is said: in the metadata, at the top, or in the metadata of single answers. */
function explanationOf(metadata: XmlElement | undefined, root: XmlElement): string {
  const places = [...(metadata ? [metadata] : []), root, ...metadataIn(root)];
  for (const place of places) {
    const sentences = place.children
      .filter(({ name }) => EXPLANATION.test(name) && !NO_SENTENCE.test(name))
      .map((it) => [...textsOf(it)].join(' ').replace(/\s+/g, ' ').trim())
      .filter((text) => text !== '');
    const all = [...new Set(sentences)].reduce((said, text) => said + (/[.!?:]$/.test(said) ? ' ' : ': ') + text, '');
    if (all !== '') return shortened(all.slice(2), MAX_TEXT);
  }
  return '';
}

function metadataIn(element: XmlElement): XmlElement[] {
  return element.children.flatMap((it) => (it.name === 'metadata' ? [it] : metadataIn(it)));
}

function textOf(element: XmlElement | undefined): string {
  return element?.text.trim() ?? '';
}
