import { readFileSync } from 'node:fs';
import { type TaskInfo, taskInfoFromXml } from '../../../shared/platforms/vsphere/task-info.ts';
import { parseXml, type XmlElement } from '../../../shared/xml/parse.ts';

/** A recorded answer of a simulator that is not ours; see the INDEX of the recordings. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/vsphere/${name}.xml`, import.meta.url), 'utf8');
}

/** The task of a recorded RetrievePropertiesEx of one task. */
export function recordedTask(name: string): TaskInfo {
  const info = find(
    parseXml(fixture(name)),
    (it) => it.name === 'val' && it.children.some((inner) => inner.name === 'key'),
  );
  return taskInfoFromXml(info!);
}

function find(element: XmlElement, wanted: (it: XmlElement) => boolean): XmlElement | undefined {
  if (wanted(element)) return element;
  for (const inner of element.children) {
    const found = find(inner, wanted);
    if (found) return found;
  }
  return undefined;
}
