/**
 * `npm run types`: writes the TypeScript types of the schemas by which Pollux validates, as plain types. Those derived
 * by zod would make everybody who installs the package need zod too.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { reportRequest } from '../shared/api/report.ts';
import { commonFields } from '../shared/api/requests.ts';
import { connectionCheckView, connectionsView, jobView } from '../shared/openapi/views.ts';
import { adapters } from '../shared/platforms/registry.ts';
import { optionsSchema } from './connections-schema.ts';
import { declaration, type JsonSchema } from './schema-types.ts';

const HEADER = '/** Made of the schemas by `npm run types`. */\n\n';

/** The generated files, by their path in the repository; not formatted yet. */
export function typeFiles(): Record<string, string> {
  return {
    'infra/connection-options.ts': connectionOptions(),
    'client/bodies.ts': bodies(),
    'client/platforms.ts': platforms(),
  };
}

/** For programs that must not load the adapters to know their names. */
function platforms(): string {
  const names = JSON.stringify(adapters.map(({ platform }) => platform));
  return `${HEADER}export const PLATFORMS = ${names} as const;\n`;
}

function connectionOptions(): string {
  const interfaces = adapters.map((adapter) =>
    declaration(`${pascal(adapter.platform)}Connection`, {
      description: `A connection to ${adapter.title}`,
      ...(optionsSchema(adapter) as JsonSchema),
    }),
  );
  const fields = adapters.map(({ platform }) => {
    return `'${platform}'?: { [name: string]: ${pascal(platform)}Connection };\n`;
  });
  const all = '/** Connections by platform and by their own names: `{ vsphere: { dc1: { … } } }`. */\n';
  return [HEADER, ...interfaces, `${all}export interface PolluxConnections {\n${fields.join('')}}\n`].join('\n');
}

function bodies(): string {
  const requests = adapters.map(({ platform, submitRequest, adoptRequest }) => ({
    key: platform,
    name: pascal(platform),
    declarations: [
      declaration(`${pascal(platform)}Submit`, schemaOf(submitRequest)),
      declaration(`${pascal(platform)}Adoption`, schemaOf(adoptRequest)),
    ],
  }));
  const fields = requests.map(({ key, name }) => `'${key}': { submit: ${name}Submit; adopt: ${name}Adoption };\n`);
  return [
    HEADER,
    declaration('CommonFields', {
      ...schemaOf(z.object(commonFields)),
      description: 'What the body of a submit or an adoption may have on every platform.',
    }),
    ...requests.flatMap(({ declarations }) => declarations),
    `/** Bodies of \`POST …/jobs\`, by platform, without the common fields. */\nexport interface Requests {\n${fields.join('')}}\n`,
    declaration('Job', { description: 'A job as the API and the events show it.', ...schemaOf(jobView, 'output') }),
    declaration('Connection', schemaOf(connectionsView.shape.connections.element, 'output')),
    declaration('ConnectionCheck', schemaOf(connectionCheckView, 'output')),
    declaration('Report', schemaOf(reportRequest)),
  ].join('\n');
}

function schemaOf(schema: z.core.$ZodType, io: 'input' | 'output' = 'input'): JsonSchema {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema;
}

function pascal(platform: string): string {
  return platform.replaceAll(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** As the repository's formatter has it. */
export function formatted(file: string, text: string): string {
  const biome = fileURLToPath(new URL('../node_modules/.bin/biome', import.meta.url));
  return execFileSync(biome, ['format', `--stdin-file-path=${file}`], { input: text, encoding: 'utf8' });
}

if (import.meta.main) {
  for (const [file, text] of Object.entries(typeFiles())) {
    writeFileSync(new URL(`../${file}`, import.meta.url), formatted(file, text));
  }
}
