import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consolePage } from '../../../infra/console.ts';
import { type Engine, startEngine } from '../../../infra/local/engine.ts';
import { type SimulatedPlatforms, startSimulatedPlatforms } from '../../../infra/local/simulated.ts';
import type { Scenarios } from '../../../infra/local/simulators/simulator.ts';
import type { JobWithTimeline } from '../../../shared/job/present.ts';
import { CHROMIUM, until } from './chromium.ts';
import { browserForTests } from './watched.ts';

/** The page with the real API behind it: the local engine, and simulated platforms. */
describe.skipIf(CHROMIUM === undefined)('the console of the local engine', () => {
  const { open } = browserForTests();
  let platforms: SimulatedPlatforms;
  let engine: Engine;
  const dataDir = mkdtempSync(join(tmpdir(), 'pollux-console-'));

  beforeAll(async () => {
    platforms = await startSimulatedPlatforms();
    const { connections, secrets } = platforms;
    engine = await startEngine({ connections, secrets, dataDir, page: consolePage() });
  });
  afterAll(async () => {
    await engine?.stop();
    await platforms?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const scenarios = (platform: string): Scenarios =>
    platforms.simulators.find((one) => one.platform === platform)!.scenarios;
  async function post(path: string, body: unknown): Promise<JobWithTimeline> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(engine.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }
  const get = async <T>(path: string): Promise<T> => (await (await fetch(engine.url + path)).json()) as T;
  const submit = (platform: string, body: unknown) => post(`/v1/${platform}/lab/jobs`, body);
  const ended = ({ platform, id }: JobWithTimeline) =>
    until(
      () => get<JobWithTimeline>(`/v1/${platform}/lab/jobs/${id}`),
      ({ completedAt }) => completedAt !== undefined,
    );
  /** Lost at a reload. */
  const mark = (page: Page) => page.evaluate(() => Object.assign(window, { marked: true }));
  const isMarked = (page: Page) => page.evaluate(() => 'marked' in window);

  it('shows all connections, and that a loop wakes', async () => {
    const page = await open(engine.url);
    await until(
      () => page.locator('.card h2').allTextContents(),
      (names) => names.length === 6,
    );
    await mark(page);
    const job = await submit('bmc', scenarios('bmc').succeeds(12));
    const card = page.locator('.card', { hasText: 'bmc/lab' });
    await until(
      () => card.textContent(),
      (text) => /UP since .*Open jobsyes.*Next poll cycle/.test(text!),
    );
    await ended(job);
    await until(
      () => card.textContent(),
      (text) => text!.includes('Open jobsnone'),
    );
    expect(await isMarked(page)).toBe(true);
  });

  it('shows a job from its submit to its end without a reload, and everything that was learned', async () => {
    const page = await open(`${engine.url}/#/vsphere/lab`);
    await page.getByText('No such jobs.').waitFor();
    await mark(page);
    const { id } = await submit('vsphere', scenarios('vsphere').succeeds(24));
    const row = page.locator('.job', { hasText: id });
    await row.waitFor();
    const seen = new Set<string>();
    await until(
      async () => {
        for (const value of await row
          .locator('progress')
          .evaluateAll((all) => all.map((one) => one.getAttribute('value'))))
          seen.add(value!);
        return row.textContent();
      },
      (text) => text!.includes('SUCCEEDED'),
    );
    expect(seen.size).toBeGreaterThanOrEqual(2);
    expect([...seen].map(Number)).toEqual([...seen].map(Number).sort((a, b) => a - b));
    await until(
      () => page.locator('#news').textContent(),
      (text) => text!.includes('is SUCCEEDED'),
    );

    await row.getByRole('link').click();
    const entries = page.locator('.timeline li');
    await entries.first().waitFor();
    const job = await get<JobWithTimeline>(`/v1/vsphere/lab/jobs/${id}`);
    const times = await page
      .locator('.timeline time')
      .evaluateAll((all) => all.map((one) => one.getAttribute('datetime')));
    expect(times).toEqual(job.timeline.map(({ at }) => at));
    expect(await entries.first().textContent()).toContain('SUBMITTING');
    expect(await entries.last().textContent()).toMatch(/SUCCEEDED/);
    expect(await entries.last().textContent()).toContain(`${job.looks} poll`);
    expect(await isMarked(page)).toBe(true);
  });

  it.each(['f5-vcmp', 'symphony'])('shows the parts of a job of %s', async (platform) => {
    const { succeeds, partlySucceeds } = scenarios(platform);
    const { id } = await submit(platform, (partlySucceeds ?? succeeds)(4));
    const page = await open(`${engine.url}/#/${platform}/lab/${id}`);
    const state = page.locator('.state');
    await until(
      () => state.textContent(),
      (text) => /SUCCEEDED/.test(text!),
    );
    const { parts = [] } = await get<JobWithTimeline>(`/v1/${platform}/lab/jobs/${id}`);
    expect(parts.length).toBeGreaterThan(1);
    const shown = await page.locator('.parts li').allTextContents();
    expect(shown).toHaveLength(parts.length);
    for (const [index, part] of parts.entries()) {
      expect(shown[index]).toContain(part.status);
      expect(shown[index]).toContain(part.name ?? part.id);
    }
  });

  it('says when the next poll is planned, and cancels', async () => {
    await ended(await submit('cloudstack', scenarios('cloudstack').succeeds(2)));
    const { id } = await submit('vsphere', scenarios('vsphere').runsForever());
    const page = await open(`${engine.url}/#/vsphere/lab/${id}`);
    await until(
      () => page.locator('.planned').count(),
      (count) => count === 1,
    );
    await page.getByRole('button', { name: 'Cancel this job' }).click();
    await page.getByRole('button', { name: 'Cancel the job' }).click();
    await until(
      () => page.locator('.state').textContent(),
      (text) => text!.includes('CANCELED'),
    );
    expect(await page.locator('.timeline').textContent()).toContain('cancel requested');
    expect(await page.getByRole('button', { name: /cancel/i }).count()).toBe(0);
  });

  it('filters by status, at an address that can be passed on', async () => {
    await ended(await submit('cloudstack', scenarios('cloudstack').fails(1)));
    await ended(await submit('cloudstack', scenarios('cloudstack').succeeds(1)));
    const page = await open(`${engine.url}/#/cloudstack/lab`);
    const badges = () => page.locator('.job > .badge').allTextContents();
    await until(badges, (all) => new Set(all).size > 1);
    await page.getByLabel('Status').selectOption('FAILED');
    await until(badges, (all) => all.length > 0 && all.every((text) => text.includes('FAILED')));
    expect(page.url()).toBe(`${engine.url}/#/cloudstack/lab?status=FAILED`);
    await page.reload();
    await until(badges, (all) => all.length > 0 && all.every((text) => text.includes('FAILED')));
    expect(await page.getByLabel('Status').inputValue()).toBe('FAILED');
  });

  it('draws how long operations take, and when jobs are looked at', async () => {
    const jobs = await Promise.all(
      [1, 3, 5].map((seconds) => submit('cloudstack', scenarios('cloudstack').succeeds(seconds))),
    );
    await Promise.all(jobs.map(ended));
    const path = '/v1/cloudstack/lab/operations';
    type Known = { operations: { operation: string; ended: number; histogram: unknown[]; looks: number[] }[] };
    const { operations } = await until(
      () => get<Known>(path),
      (known) => (known.operations[0]?.ended ?? 0) >= 3,
    );
    const page = await open(`${engine.url}/#/cloudstack/lab/operations`);
    const section = page.locator('.operation').first();
    await section.waitFor();
    const known = operations.find(({ operation }) => operation === jobs[0]!.operation)!;
    expect(await section.locator('h2').textContent()).toBe(known.operation);
    expect(await section.locator('.bar').count()).toBe(known.histogram.length);
    expect(await section.locator('path.look').count()).toBeGreaterThan(2);
    expect(await section.locator('svg').getAttribute('aria-label')).toContain(`Durations of ${known.operation}`);
    await section.locator('summary').click();
    expect(await section.locator('table').first().locator('tbody tr').count()).toBe(known.histogram.length);
  });

  it('shows text that looks like markup as text', async () => {
    const evil = `<img src=x onerror="alert('owned')"><script>alert(1)</script>`;
    const { id } = await submit('task', { operation: 'index', labels: { [`<b>${evil.slice(0, 40)}`]: evil } });
    await post(`/v1/task/lab/jobs/${id}/report`, { state: 'running', description: evil, progress: 10 });
    const page = await open(`${engine.url}/#/task/lab`);
    await until(
      () => page.locator('.job').textContent(),
      (text) => text!.includes(evil),
    );
    await page.locator('.job a').click();
    await page.locator('.timeline').waitFor();
    expect(await page.locator('.facts').textContent()).toContain(`: ${evil}`);
    await post(`/v1/task/lab/jobs/${id}/report`, { state: 'success', result: { [evil]: evil } });
    await page.locator('pre').waitFor();
    expect(await page.locator('.timeline').textContent()).toContain(evil);
    expect(JSON.parse((await page.locator('pre').textContent())!)).toEqual({ [evil]: evil });
    expect(await page.locator('main img, main script, main b').count()).toBe(0);
  });

  it('is served to pages of its own origin only, as the API is', async () => {
    const at = (headers: Record<string, string>) => fetch(engine.url, { headers });
    const { headers, status } = await at({});
    expect(status).toBe(200);
    expect((await at({ 'if-none-match': headers.get('etag')! })).status).toBe(304);
    expect((await at({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await fetch(engine.url, { method: 'POST' })).status).toBe(404);
    const head = await fetch(engine.url, { method: 'HEAD' });
    expect([head.status, (await head.text()).length]).toEqual([200, 0]);
  });
});
