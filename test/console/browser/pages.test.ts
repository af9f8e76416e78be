import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, until } from './chromium.ts';
import { FakeApi, OPEN_ID, OVER_ID } from './fake-api.ts';
import { browserForTests } from './watched.ts';

const VIEWS = [
  '#/',
  '#/vsphere/dc1',
  `#/vsphere/dc1/${OPEN_ID}`,
  `#/vsphere/dc1/${OVER_ID}`,
  '#/vsphere/dc1/operations',
];
const heading = (page: Page) => page.locator('h1');
const focused = (page: Page) =>
  page.evaluate(() => `${document.activeElement?.tagName} ${document.activeElement?.textContent}`);

describe.skipIf(CHROMIUM === undefined)('the console', () => {
  const { open, expectComplaints } = browserForTests();

  it.each(VIEWS)('%s fits into 360 pixels', async (view) => {
    const api = await new FakeApi().listen();
    const page = await open(`${api.url}/${view}`, { viewport: { width: 360, height: 700 } });
    await page.locator('.card, .job, .timeline, .operation').first().waitFor();
    for (const summary of await page.locator('summary').all()) await summary.click();
    const wide = await page.evaluate(() =>
      [...document.querySelectorAll('body *')]
        .filter((one) => !one.closest('pre, .unseen, .skip') && one.getBoundingClientRect().right > innerWidth + 0.5)
        .map((one) => `${one.tagName}.${one.className}`),
    );
    expect(wide).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  });

  it('shows health with its reason, the loops, and times as the API wrote them', async () => {
    const api = await new FakeApi().listen();
    const page = await open(api.url);
    await page.getByText('3 connections: 1 up, 1 down, 1 not polled yet. 2 connections have open jobs.').waitFor();
    const card = page.locator('.card', { hasText: 'cloudstack/lab' });
    expect(await card.textContent()).toMatch(/DOWN since .*ECONNREFUSED.*yes.*Last poll cycle\d+ s ago.*in \d+ s/);
    expect(await card.locator('time').first().getAttribute('title')).toBe(api.connections[1]!.healthSince);
    api.connections[1] = { ...api.connections[1]!, health: 'UP', healthReason: undefined } as never;
    await until(
      () => page.locator('#news').textContent(),
      (text) => text === 'cloudstack/lab is UP',
    );
  });

  it('keeps focus and what is unfolded while it is updated', async () => {
    const api = await new FakeApi().listen();
    const page = await open(`${api.url}/#/vsphere/dc1/${OPEN_ID}`);
    await page.getByRole('button', { name: /Cancel this job/ }).focus();
    const progress = await page.locator('progress').elementHandle();
    api.change(OPEN_ID, { progress: 77, parts: undefined } as never);
    await until(
      () => page.locator('progress').getAttribute('value'),
      (value) => value === '77',
    );
    expect(await focused(page)).toBe('BUTTON Cancel this job…');
    expect(await progress!.getAttribute('value')).toBe('77');

    await page.goto(`${api.url}/#/vsphere/dc1/operations`);
    await page.locator('summary').first().click();
    await page.waitForTimeout(2_500);
    expect(await page.locator('details').first().getAttribute('open')).toBe('');
    expect(await page.locator('details tbody tr').count()).toBeGreaterThan(0);
  });

  it('asks with the ETag that it has, and says when the next poll is planned', async () => {
    const api = await new FakeApi().listen();
    const page = await open(`${api.url}/#/vsphere/dc1/${OPEN_ID}`);
    await until(
      async () => api.log.filter((line) => line.endsWith('304')).length,
      (count) => count >= 2,
    );
    const [job] = api.jobs;
    const planned = page.locator('.planned time');
    expect(await planned.getAttribute('datetime')).toBe(new Date(Date.parse(job!.createdAt) + 48_000).toISOString());
    expect(await page.locator('.planned').textContent()).toContain('may come sooner');
    expect(await page.locator('svg .age').count()).toBe(1);
    expect(await page.locator('.timeline li').count()).toBe(4);
    expect(await page.locator('.warning').first().textContent()).toContain('State unknown since');
  });

  it('is not polled while nobody looks, and at once when somebody does', async () => {
    const api = await new FakeApi().listen();
    const page = await open(`${api.url}/#/vsphere/dc1`);
    const setHidden = (hidden: boolean) =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { configurable: true, value });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    await until(
      async () => api.log.length,
      (count) => count >= 2,
    );
    await setHidden(true);
    await page.waitForTimeout(500);
    const before = api.log.length;
    await page.waitForTimeout(5_000);
    expect(api.log.length).toBe(before);
    await setHidden(false);
    await until(
      async () => api.log.length,
      (count) => count > before,
      5_000,
    );
  });

  it('says that the API does not answer, keeps what it has, asks less often, and recovers', async () => {
    const api = await new FakeApi().listen();
    const page = await open(`${api.url}/#/vsphere/dc1`);
    await page.locator('.job').first().waitFor();
    api.outage = 503;
    const notice = page.locator('#trouble');
    await until(
      () => notice.textContent(),
      (text) => /does not answer: 503 it rains\. What is shown is as of/.test(text!),
    );
    await until(
      () => page.locator('#freshness').textContent(),
      (text) => /^Next try in/.test(text!),
    );
    expect(await page.locator('.job').count()).toBe(2);
    await until(
      async () => api.log.filter((line) => line.endsWith('503')).length,
      (count) => count >= 2,
    );
    const failed = api.log.length;
    await page.waitForTimeout(3_000);
    expect(api.log.length).toBe(failed);
    api.outage = undefined;
    await page.getByRole('button', { name: 'Try now' }).click();
    await until(
      () => notice.textContent(),
      (text) => text === '',
      5_000,
    );
  });

  it('says what is not there', async () => {
    const api = await new FakeApi().listen();
    const page = await open(`${api.url}/#/vsphere/dc1/01M7YNJKK5WWKR7SCCJHHMHN00`);
    await until(
      () => page.locator('main').textContent(),
      (text) => text!.includes('No such page') && text!.includes('There is no job'),
    );
    // Nothing comes of asking again, so nothing is shown as trouble that passes.
    expect(await page.locator('#trouble').textContent()).toBe('');
    expect(await page.locator('#freshness').textContent()).toBe('');
    await page.goto(`${api.url}/#/nowhere`);
    await until(
      () => heading(page).textContent(),
      (text) => text === 'No such page',
    );
    await page.getByRole('link', { name: 'All connections' }).click();
    await until(
      () => heading(page).textContent(),
      (text) => text === 'Connections',
    );
  });

  it('can be used by keyboard alone', async () => {
    const api = await new FakeApi().listen();
    const page = await open(api.url);
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const tabTo = async (name: string) => {
      for (let presses = 0; presses < 30; presses++) {
        await press('Tab');
        if ((await focused(page)).includes(name)) return;
      }
      throw new Error(`${name} cannot be reached by Tab`);
    };
    await page.locator('.card').first().waitFor();
    await tabTo('Skip to the content');
    await press('Enter');
    expect(await focused(page)).toMatch(/^MAIN/);
    await tabTo('vsphere/dc1');
    await press('Enter');
    await until(
      () => focused(page),
      (text) => text === 'H1 vsphere/dc1',
    );
    expect(await page.title()).toBe('Jobs of vsphere/dc1 · Pollux');
    await tabTo('allSUBMITTING');
    await press('F', 'F');
    await until(
      async () => page.url(),
      (url) => url.endsWith('?status=FAILED'),
    );
    await until(
      () => page.locator('.job').count(),
      (count) => count === 1,
    );
    expect(await focused(page)).toMatch(/^SELECT/);
    await page.goBack();
    await until(
      () => page.locator('.job').count(),
      (count) => count === 2,
    );
    expect(await page.locator('select').inputValue()).toBe('');

    await tabTo('PowerOnVM_Task');
    await press('Enter');
    await page.locator('.timeline').waitFor();
    await tabTo('Cancel this job');
    await press('Enter');
    expect(await focused(page)).toBe('BUTTON Keep it running');
    await press('Escape');
    expect(await focused(page)).toBe('BUTTON Cancel this job…');
    await press('Enter', 'Enter');
    expect(api.cancels).toEqual([]);
    await press('Enter', 'Tab', 'Enter');
    const refusal = page.locator('.warning[role=alert]');
    expect(await refusal.textContent()).toBe('It cannot be canceled: 501 bmc cannot cancel jobs.');
    expect(api.cancels).toEqual([{ contentType: 'application/json', origin: api.url }]);
  });

  it('has no button for what the platform cannot do', async () => {
    const api = await new FakeApi().listen();
    api.connections[0]!.capabilities.cancel = false;
    const page = await open(`${api.url}/#/vsphere/dc1/${api.jobs[0]!.id}`);
    await page.locator('.timeline').waitFor();
    expect(await page.getByRole('button', { name: /cancel/i }).count()).toBe(0);
  });

  it('leafs through pages that have addresses', async () => {
    const api = await new FakeApi().listen();
    const page = await open(`${api.url}/#/vsphere/dc1?status=RUNNING`);
    await page.getByRole('link', { name: 'Older jobs' }).click();
    await until(
      async () => api.log.at(-1),
      (line) => line === `GET /v1/vsphere/dc1/jobs?status=RUNNING&cursor=${OVER_ID} 200`,
    );
    await page.getByRole('link', { name: 'Newest jobs' }).click();
    await until(
      async () => page.url(),
      (url) => url.endsWith('#/vsphere/dc1?status=RUNNING'),
    );
  });

  it('runs no script and no style but its own', async () => {
    expectComplaints(/TrustedScript|TrustedHTML|Content Security Policy/);
    const api = await new FakeApi().listen();
    const page = await open(api.url);
    await page.locator('.card').first().waitFor();
    const refused = await page.evaluate(async () => {
      const violations: string[] = [];
      document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
      const attempt = (action: () => unknown) => {
        try {
          action();
        } catch {
          violations.push('threw');
        }
      };
      const script = document.createElement('script');
      attempt(() => {
        script.text = 'window.owned = true';
      });
      document.body.append(script);
      attempt(() => {
        document.body.innerHTML += '<img src=x onerror="window.owned = true">';
      });
      await fetch('http://127.0.0.1:9/').catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 200));
      return { violations, owned: 'owned' in window };
    });
    expect(refused.owned).toBe(false);
    expect(refused.violations).toContain('threw');
    expect(refused.violations).toContain('connect-src');
  });
});
