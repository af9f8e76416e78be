import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/security.md', root), 'utf8');

test('every claim of docs/security.md names tests that there are', () => {
  const claims = [...page.matchAll(/^\| (.+) \| (`.+`) \|$/gm)];
  expect(claims.length).toBeGreaterThan(20);
  const rows = page.split('\n').filter((line) => line.startsWith('|') && !/^\| (claim|---)/.test(line));
  expect(claims).toHaveLength(rows.length);
  const files = claims.flatMap(([, , tests]) => [...tests!.matchAll(/`([^`]+)`/g)].map(([, file]) => file!));
  expect(files.filter((file) => !existsSync(new URL(file, root)))).toEqual([]);
});
