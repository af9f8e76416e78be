import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { page, pagePath } from '../../infra/docs.ts';
import { isTerminal, type JobStatus } from '../../shared/job/job.ts';
import { adapters } from '../../shared/platforms/registry.ts';

describe.each(adapters.map((adapter) => [adapter.platform, adapter] as const))('docs/platforms/%s.md', (_, adapter) => {
  test('is what the tables in the code say (npm run docs)', () => {
    const current = readFileSync(pagePath(adapter.platform), 'utf8');
    expect(current).toBe(page(adapter, current));
  });

  test("has its bodies accepted by the platform's own schemas", () => {
    const samples = [...readFileSync(pagePath(adapter.platform), 'utf8').matchAll(/```json\n(.*?)```/gs)];
    expect(samples.length).toBeGreaterThan(0);
    for (const [, sample] of samples) {
      const body = JSON.parse(sample!);
      // A connection: test/docs/json-samples.ts has its schema.
      if (adapter.platform in body) continue;
      const schema = 'adopt' in body ? adapter.adoptRequest : adapter.submitRequest;
      expect(schema.safeParse(body).error).toBeUndefined();
    }
  });

  test('names an end for what the platform says', () => {
    const ends = (adapter.documentation?.states ?? []).filter(({ status }) => isTerminal(status as JobStatus));
    expect(ends.length).toBeGreaterThan(1);
  });
});
