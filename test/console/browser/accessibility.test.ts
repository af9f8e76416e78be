import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, until } from './chromium.ts';
import { FakeApi, OPEN_ID, OVER_ID } from './fake-api.ts';
import { browserForTests } from './watched.ts';

/** Rules of axe: WCAG 2.2 A and AA, and its best practices. */
async function violations(page: Page): Promise<string[]> {
  // Not added by a script element: the page's own policy refuses it.
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const run = (window as unknown as { axe: typeof axe }).axe.run;
    const { violations: broken, passes } = await run(document);
    const lines = broken.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
    return { lines, passes: passes.map(({ id }) => id) };
  });
  // It did look: there is text on every view.
  expect(found.passes).toContain('color-contrast');
  return found.lines;
}

describe.skipIf(CHROMIUM === undefined).each(['light', 'dark'] as const)('in the %s scheme', (colorScheme) => {
  const { open } = browserForTests();
  const start = async (path: string, token?: string) => {
    const api = await new FakeApi().listen();
    api.token = token;
    return { api, page: await open(`${api.url}/${path}`, { colorScheme, reducedMotion: 'reduce' }) };
  };

  it.each([
    ['#/', '.card'],
    ['#/vsphere/dc1', '.job'],
    [`#/vsphere/dc1/${OPEN_ID}`, '.planned'],
    [`#/vsphere/dc1/${OVER_ID}`, '.timeline'],
    ['#/vsphere/dc1/operations', '.operation'],
    ['#/nowhere', 'h1'],
  ])('%s has no barrier that axe knows', async (path, ready) => {
    const { page } = await start(path);
    await page.locator(ready).first().waitFor();
    for (const summary of await page.locator('summary').all()) await summary.click();
    expect(await violations(page)).toEqual([]);
  });

  it('neither has the question for a token', async () => {
    const { page } = await start('', 'secret');
    await page.getByLabel('Access token').fill('two words');
    await page.keyboard.press('Enter');
    await until(
      () => page.locator('#token-complaint').textContent(),
      (text) => text !== '',
    );
    expect(await violations(page)).toEqual([]);
  });

  it('nor the dialog, nor the notice that the API does not answer', async () => {
    const { api, page } = await start(`#/vsphere/dc1/${OPEN_ID}`);
    await page.getByRole('button', { name: /Cancel this job/ }).click();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    api.outage = 503;
    await page.locator('#trouble p').waitFor();
    expect(await violations(page)).toEqual([]);
  });
});
