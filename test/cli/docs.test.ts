import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pattern } from './client-sample.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the sample of docs/client.md is the one that is compiled', () => {
  const [, sample] = /```ts\n([^`]*(?:`[^`]+`[^`]*)*?)```\n/.exec(read('../../docs/client.md')) ?? [];
  const compiled = read('./client-sample.ts')
    .replace("'../../client/events.ts'", "'pollux/events'")
    .replace("'../../client/index.ts'", "'pollux/client'");
  expect(sample).toBe(compiled);
  expect(pattern.detail).toEqual({ status: ['FAILED'], labels: { team: ['web'] } });
});
