/**
 * `npm run traps`: the numbered traps of each platform's behaviour, and the test that names each, or the line in
 * `docs/decisions/` that says why there is none. Ends with 1 when one has neither.
 */
import { globSync, readFileSync } from 'node:fs';

/** How the traps of a platform are numbered: `VS-01` to `VS-38`. */
export const TRAPS = [
  { platform: 'vsphere', ids: numbered('VS-', 38, 2) },
  { platform: 'cloudstack', ids: numbered('CS-', 20, 2) },
  { platform: 'f5-vcmp', ids: numbered('F5-', 20, 2) },
  { platform: 'symphony', ids: numbered('HF-T', 16, 1) },
  { platform: 'bmc', ids: numbered('BMC-B', 16, 1) },
];

export interface Coverage {
  id: string;
  platform: string;
  /** `file: title` of the tests that name it. */
  tests: string[];
  /** Why there is no test. */
  decision?: string;
}

export function coverage(): Coverage[] {
  const titles = globSync('test/**/*.test.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/['"`]([^'"`\n]*(?:VS|CS|F5|HF|BMC)-\w?\d+[^'"`\n]*)/g)].map(
      ([, title]) => ({
        file,
        title: title!,
      }),
    ),
  );
  const decisions = globSync('docs/decisions/*.md').flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  return TRAPS.flatMap(({ platform, ids }) =>
    ids.map((id) => {
      const names = new RegExp(`${id}(?!\\d)`);
      const tests = titles.filter(({ title }) => names.test(title)).map(({ file, title }) => `${file}: ${title}`);
      const decision = decisions.find((line) => names.test(line));
      return { id, platform, tests, ...(decision !== undefined && { decision }) };
    }),
  );
}

function numbered(prefix: string, count: number, digits: number): string[] {
  return Array.from({ length: count }, (_, i) => prefix + String(i + 1).padStart(digits, '0'));
}

if (import.meta.main) {
  const all = coverage();
  for (const { id, tests, decision } of all) {
    const what = tests[0] ?? (decision ? `no test: ${decision.replace(/^[-|\s]+/, '')}` : 'NOT COVERED');
    console.log(`${id.padEnd(8)} ${tests.length > 1 ? `(${tests.length} tests) ` : ''}${what}`.slice(0, 180));
  }
  const missing = all.filter(({ tests, decision }) => tests.length === 0 && decision === undefined);
  const tested = all.filter(({ tests }) => tests.length > 0).length;
  console.log(
    `\n${all.length} traps: ${tested} with a test, ${all.length - tested - missing.length} with a reason, ${missing.length} without either`,
  );
  process.exitCode = missing.length === 0 ? 0 : 1;
}
