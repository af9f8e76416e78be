import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import type { Adapter } from '../shared/platforms/adapter.ts';
import { adapters } from '../shared/platforms/registry.ts';
import { CONNECTION_NAME } from './connections.ts';

/** JSON Schema of the connections file: what lets an editor complete it and underline a misspelled key. */
export function connectionsSchema(platforms: readonly Adapter[] = adapters): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Connections of Pollux',
    description: 'Which endpoints Pollux may talk to: { "<platform>": { "<connection>": { …options } } }',
    type: 'object',
    properties: {
      $schema: { type: 'string' },
      ...Object.fromEntries(platforms.map((adapter) => [adapter.platform, platformSchema(adapter)])),
    },
    additionalProperties: false,
  };
}

function platformSchema(adapter: Adapter): Record<string, unknown> {
  return {
    description: `Connections of ${adapter.title}, by name`,
    type: 'object',
    propertyNames: { pattern: CONNECTION_NAME.source },
    additionalProperties: optionsSchema(adapter),
  };
}

/** What one connection of a platform takes, as JSON Schema. */
export function optionsSchema(adapter: Adapter): Record<string, unknown> {
  // What a schema refines with code (a URL's parts, say) cannot be told to an editor; `readConnections` still checks it.
  const { $schema: _, ...options } = z.toJSONSchema(adapter.options, { io: 'input', unrepresentable: 'any' });
  return adapter.secret ? { ...options, required: [...new Set([...(options.required ?? []), 'secret'])] } : options;
}

if (import.meta.main) {
  const file = fileURLToPath(new URL('../connections.schema.json', import.meta.url));
  writeFileSync(file, `${JSON.stringify(connectionsSchema(), null, 2)}\n`);
  const biome = fileURLToPath(new URL('../node_modules/.bin/biome', import.meta.url));
  execFileSync(biome, ['format', '--write', file], { stdio: 'inherit' });
}
