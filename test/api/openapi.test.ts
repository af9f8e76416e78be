import { describe, expect, test } from 'vitest';
import { present, presentWithTimeline } from '../../shared/job/present.ts';
import { openApiDocument } from '../../shared/openapi/document.ts';
import { connectionsView, jobView, jobWithTimelineView } from '../../shared/openapi/views.ts';
import { adapters } from '../../shared/platforms/registry.ts';
import { World } from '../support/world.ts';

const document = openApiDocument(adapters) as any;

describe('the OpenAPI document', () => {
  test('is 3.1, and every reference in it leads somewhere', () => {
    expect(document.openapi).toBe('3.1.0');
    for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(document.components.schemas).toHaveProperty(name!);
    }
  });

  test.each(adapters.map(({ platform }) => platform))(
    '%s: every closed form of a body admits the common fields',
    (platform) => {
      const path = document.paths[`/v1/${platform}/{connection}/jobs`].post;
      const name = path.requestBody.content['application/json'].schema.$ref.split('/').at(-1);
      const forms: Record<string, any>[] = [];
      const collect = (schema: Record<string, any>) => {
        if (schema.properties) forms.push(schema);
        for (const inner of [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]) collect(inner);
      };
      collect(document.components.schemas[name]);
      expect(forms.length).toBeGreaterThan(1);
      for (const form of forms)
        expect(Object.keys(form.properties)).toEqual(
          expect.arrayContaining(['labels', 'deadlineSeconds', 'taskToken']),
        );
    },
  );

  test('operation ids are unique, every path parameter is declared', () => {
    const operations = Object.entries<Record<string, any>>(document.paths).flatMap(([path, methods]) =>
      Object.values(methods).map((operation) => ({ path, operation })),
    );
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const declared = (operation.parameters ?? []).filter((it: any) => it.in === 'path').map((it: any) => it.name);
      expect(declared.sort()).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort());
    }
  });

  test('its Job is what the API shows', () => {
    const world = new World();
    const full = world.job({
      status: 'FAILED',
      progress: 40,
      message: 'm',
      parts: [{ id: '1', status: 'FAILED' }],
      platformJobId: 't',
      resource: { type: 'VirtualMachine', id: 'vm-1' },
      result: { a: [1, null] },
      resultTruncated: true,
      error: { code: 'X', message: 'm', retryable: true, outcomeUncertain: false, details: { a: 1 } },
      neverSubmitted: true,
      unknown: { since: world.time, reason: 'r' },
      cancelRequestedAt: world.time,
      startedAt: world.time,
      completedAt: world.time,
      labels: { a: 'b' },
      taskTokens: ['secret'],
      intent: {},
    });
    expect(jobView.parse(present(full))).toEqual(present(full));
    expect(jobView.parse(present({ ...full, status: 'RUNNING' }))).toHaveProperty('unknownSince');
    const entry = {
      at: world.time,
      rev: 3,
      progress: 40,
      parts: ['1'],
      unknown: null,
      cancel: 'sent' as const,
      looks: 7,
    };
    const timeline = presentWithTimeline({ ...full, looks: 7, timeline: [entry] });
    expect(jobWithTimelineView.parse(timeline)).toEqual(timeline);
    expect(timeline.timeline).toHaveLength(2);
    expect(JSON.stringify(present(full))).not.toContain('secret');
    expect(connectionsView.safeParse({ connections: [] }).success).toBe(true);
  });
});
