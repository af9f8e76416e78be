import { readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import type { CommonFields, Connection, ConnectionCheck, Job, Report, Requests } from '../../client/bodies.ts';
import type { PolluxConnections } from '../../infra/connection-options.ts';
import { declaration, typeOf } from '../../infra/schema-types.ts';
import { formatted, typeFiles } from '../../infra/types.ts';
import type { reportRequest } from '../../shared/api/report.ts';
import type { CommonFields as CommonFieldsOfApi } from '../../shared/api/requests.ts';
import type { connectionCheckView, connectionsView, jobView } from '../../shared/openapi/views.ts';
import type { BmcOptions } from '../../shared/platforms/bmc/options.ts';
import type { CloudstackOptions } from '../../shared/platforms/cloudstack/options.ts';
import type { F5VcmpOptions } from '../../shared/platforms/f5-vcmp/options.ts';
import type { SymphonyOptions } from '../../shared/platforms/symphony/options.ts';
import type { TaskOptions } from '../../shared/platforms/task/options.ts';
import type * as task from '../../shared/platforms/task/request.ts';
import type { VsphereOptions } from '../../shared/platforms/vsphere/options.ts';
import type * as vsphere from '../../shared/platforms/vsphere/request.ts';

describe('the generated types', () => {
  it.each(Object.entries(typeFiles()))('%s is up to date (else run: npm run types)', (file, text) => {
    expect(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')).toBe(formatted(file, text));
  });

  it('take what the schemas take', () => {
    type Options<P extends keyof PolluxConnections> = NonNullable<PolluxConnections[P]>[string];
    expectTypeOf<Options<'vsphere'>>().toExtend<VsphereOptions>();
    expectTypeOf<Options<'cloudstack'>>().toExtend<CloudstackOptions>();
    expectTypeOf<Options<'f5-vcmp'>>().toExtend<F5VcmpOptions>();
    expectTypeOf<Options<'symphony'>>().toExtend<SymphonyOptions>();
    expectTypeOf<Options<'bmc'>>().toExtend<BmcOptions>();
    expectTypeOf<Options<'task'>>().toExtend<TaskOptions>();
    expectTypeOf<Requests['vsphere']['submit']>().toExtend<z.input<typeof vsphere.submitRequest>>();
    expectTypeOf<Requests['vsphere']['adopt']>().toExtend<z.input<typeof vsphere.adoptRequest>>();
    expectTypeOf<Requests['task']['submit']>().toExtend<z.input<typeof task.submitRequest>>();
    expectTypeOf<CommonFields>().toExtend<CommonFieldsOfApi>();
    expectTypeOf<Report>().toExtend<z.input<typeof reportRequest>>();
  });

  it('name every field, and no other', () => {
    expectTypeOf<keyof Job>().toEqualTypeOf<keyof z.infer<typeof jobView>>();
    expectTypeOf<Job['status']>().toEqualTypeOf<z.infer<typeof jobView>['status']>();
    expectTypeOf<keyof Connection>().toEqualTypeOf<keyof z.infer<typeof connectionsView>['connections'][number]>();
    expectTypeOf<keyof ConnectionCheck>().toEqualTypeOf<keyof z.infer<typeof connectionCheckView>>();
  });
});

describe('a type of a schema', () => {
  it.each([
    [{ type: 'integer' }, 'number'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ type: 'string', enum: ['a', 'b'] }, '"a" | "b"'],
    [{ type: 'string', const: 'a"b' }, '"a\\"b"'],
    [{ type: 'array', items: { type: 'string', enum: ['a', 'b'] } }, '("a" | "b")[]'],
    [{ oneOf: [{ type: 'number' }, { type: 'null' }] }, '(number) | (null)'],
    [{ type: 'object', properties: {}, additionalProperties: false }, 'Record<string, never>'],
    [{ not: {} }, 'never'],
    [{}, 'unknown'],
  ])('%j is %s', (schema, type) => {
    expect(typeOf(schema)).toBe(type);
  });

  it('has comments, optional fields and names that need quotes', () => {
    const properties = { a: { type: 'string', description: 'Ends */ early' }, 'b-c': { type: 'boolean' } };
    expect(declaration('It', { type: 'object', properties, required: ['a'], description: 'Such' })).toBe(
      '/** Such */\nexport type It = {\n/** Ends *\\/ early */\na: string;\n"b-c"?: boolean;\n};\n',
    );
    expect(typeOf({ type: 'object', additionalProperties: { type: 'number' } })).toBe('{\n[name: string]: number;\n}');
  });

  it('that nobody has written yet is an error', () => {
    expect(() => typeOf({ type: 'tuple' })).toThrow('"tuple"');
  });
});
