import { execFileSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

/** POLLUX_CHROMIUM, or the one on the path. */
export const CHROMIUM = process.env.POLLUX_CHROMIUM || (found('chromium') ?? found('google-chrome'));
if (CHROMIUM === undefined) console.warn('There is no Chromium: the tests of the console in a browser are skipped.');

function found(name: string): string | undefined {
  try {
    return execFileSync('which', [name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

export async function launch(): Promise<Browser> {
  // Chromium refuses its sandbox to root, as whom containers run tests. The page is our own.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: CHROMIUM!, args });
}

/** Repeats a look at the page until it shows what is wanted. */
export async function until<T>(look: () => Promise<T>, wanted: (seen: T) => boolean, limitMs = 60_000): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (wanted(seen)) return seen;
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
