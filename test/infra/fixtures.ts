import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { readConnections } from '../../infra/connections.ts';
import { synthesize, type Template } from '../../infra/stack.ts';

// The CDK checks each template against CloudFormation's schemas, for most of a second. `cdk synth` in app.test.ts does; that
// is enough for all.
process.env.CDK_VALIDATION = 'false';

export const EXAMPLE = new URL('../../connections.example.json', import.meta.url).pathname;

/** All that a file's tests write, assemblies of stacks and bundles included. */
const temporary = mkdtempSync(join(tmpdir(), 'pollux-test-'));
process.env.TMPDIR = temporary;
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** Writes files into a folder of their own and gives its path. */
export function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(temporary, 'files-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

export const exampleConnections = readConnections(EXAMPLE);

let synthesized: ReturnType<typeof synthesize> | undefined;

/** The example's stack; made once for all tests of a file. */
export function exampleStack(): ReturnType<typeof synthesize> {
  synthesized ??= synthesize(exampleConnections);
  return synthesized;
}

export interface Found {
  logicalId: string;
  properties: Record<string, any>;
  metadata: Record<string, unknown>;
}

export function ofType(template: Template, type: string): Found[] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([logicalId, { Properties, Metadata }]) => ({ logicalId, properties: Properties, metadata: Metadata ?? {} }));
}

/** A value of a template as text, references as `${LogicalId}` and `${LogicalId.Attribute}`. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[key, argument] = []] = Object.entries(value as Record<string, any>);
  if (key === 'Ref') return `\${${argument}}`;
  if (key === 'Fn::GetAtt') return `\${${argument.join('.')}}`;
  if (key === 'Fn::Join') return argument[1].map(asText).join(argument[0]);
  if (key === 'Fn::Select') return `${asText(argument[1])}[${argument[0]}]`;
  if (key === 'Fn::Split') return `${asText(argument[1])}`;
  throw new Error(`Not a text: ${JSON.stringify(value)}`);
}
