import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../infra/local/simulators/simulator.ts';
import { isTerminal } from '../../../shared/job/job.ts';
import type { JobRef } from '../../../shared/platforms/adapter.ts';
import { type Connected, connected, observed, queries, signal } from './connect.ts';

let world: Connected;
beforeEach(async () => {
  world = await connected();
});
afterEach(() => world.simulator.close());

/** So many running jobs, each 5 s apart in length. */
async function running(count: number): Promise<JobRef[]> {
  const refs: JobRef[] = [];
  for (let n = 0; n < count; n++) refs.push((await world.submit(world.simulator.scenarios.succeeds(5 + 5 * n))).ref);
  return refs;
}

async function check(refs: readonly JobRef[]) {
  const before = { list: world.simulator.calls.listAsyncJobs ?? 0, query: queries(world) };
  const outcomes = await world.connection.check(refs, { signal });
  return {
    outcomes: refs.map((ref) => outcomes.get(ref.id)!),
    listings: (world.simulator.calls.listAsyncJobs ?? 0) - before.list,
    queries: queries(world) - before.query,
  };
}

const statuses = (outcomes: Awaited<ReturnType<typeof check>>['outcomes']) =>
  outcomes.map((outcome) => (outcome.kind === 'observed' ? outcome.status : outcome.kind));

describe('one job', () => {
  it('runs, and succeeds with its resource', async () => {
    const { ref, outcome } = await world.submit(world.simulator.scenarios.succeeds(60));
    expect(await world.look(ref)).toMatchObject({ kind: 'observed', status: 'RUNNING', message: 'DeployVMCmd' });
    expect(await world.look(ref)).not.toHaveProperty('startedAt');
    world.after(62);
    const { startedAt, completedAt, ...ended } = observed(await world.look(ref));
    expect(ended).toMatchObject({
      status: 'SUCCEEDED',
      resource: 'resource' in outcome && outcome.resource,
      result: { state: 'Running' },
    });
    expect(completedAt! - startedAt!).toBe(60_000);
  });

  it.each([
    ['CS-02 success without a result', 'ok-without-result', { status: 'SUCCEEDED' }],
    [
      'success: false',
      'ok-with-success-false',
      { status: 'FAILED', error: { code: 'success:false', message: 'The appliance did not answer' } },
    ],
    [
      'members of which one failed',
      'partly',
      {
        status: 'PARTIALLY_SUCCEEDED',
        message: '1 of 2 report success: false',
        parts: [
          { id: 'a1', status: 'SUCCEEDED' },
          { id: 'b2', status: 'FAILED', message: 'is the control node' },
        ],
      },
    ],
    [
      'CS-01 failure in a 200',
      'fail-with-text',
      {
        status: 'FAILED',
        error: { code: '533', message: 'Unable to create a deployment for VM instance', retryable: true },
      },
    ],
    [
      'CS-06 a bare text',
      'fail-with-string',
      { status: 'FAILED', error: { code: '551', message: expect.stringContaining('not enough capacity') } },
    ],
    [
      'CS-09 a control character',
      'fail-with-control-character',
      { status: 'FAILED', error: { code: '530', message: 'script said  [31mno [0m' } },
    ],
    [
      'CS-09 invalid JSON',
      'fail-with-broken-escape',
      { status: 'FAILED', error: { code: '530', message: expect.stringContaining('cannot be read') } },
    ],
    [
      'CS-02 failure without a reason',
      'fail-without-result',
      { status: 'FAILED', error: { code: '530', outcomeUncertain: true, retryable: true } },
    ],
    [
      'CS-05 failure with code 0',
      'fail-without-result-0',
      {
        status: 'FAILED',
        error: { code: '0', outcomeUncertain: true, message: expect.stringContaining('job.cancel.threshold') },
      },
    ],
    ['the fourth status', 'canceled', { status: 'CANCELED' }],
  ] as const)('%s', async (_, outcome, expected) => {
    const { result: _result, ...ended } = observed(await world.ended(outcome));
    expect(ended).toMatchObject(expected);
  });

  it('CS-03 does not take the status inside the resource for its own', async () => {
    const ended = observed(await world.ended('ok'));
    expect(ended).toMatchObject({ status: 'SUCCEEDED', result: { jobstatus: 0 } });
  });

  it('CS-20 leaves the password out', async () => {
    const ended = await world.ended('ok-with-password');
    expect(ended).toMatchObject({ result: { name: 'web', passwordenabled: true } });
    expect(JSON.stringify(ended)).not.toContain('hunter2');
  });

  it.each([
    ['CS-11 in XML', { alwaysXml: true }],
    ['CS-10 form-encoded', { encoded: true }],
    ['CS-10 CS-11 both', { alwaysXml: true, encoded: true }],
  ])('%s: the same', async (_, settings) => {
    const plain = observed(await world.ended('fail-with-text'));
    Object.assign(world.simulator.settings, settings);
    const other = observed(await world.ended('fail-with-text'));
    expect(other.error).toEqual(plain.error);
    expect(observed(await world.ended('ok'))).toMatchObject({ status: 'SUCCEEDED', result: { state: 'Running' } });
    expect(observed(await world.ended('partly')).status).toBe('PARTIALLY_SUCCEEDED');
    expect(observed(await world.ended('fail-without-result')).error?.outcomeUncertain).toBe(true);
    expect((await world.submit(world.simulator.scenarios.refused())).outcome).toMatchObject({
      kind: 'refused',
      error: { code: '431', message: expect.stringContaining('missing parameter zoneid') },
    });
  });

  it('is not_found once CloudStack does not know it, by name and by number', async () => {
    const { ref } = await world.submit(world.simulator.scenarios.runsForever());
    world.simulator.forget(String(ref.handle.jobid));
    expect(await world.look(ref)).toMatchObject({ kind: 'not_found', code: '431' });
    expect(await world.look({ ...ref, handle: { jobid: '42' } })).toMatchObject({
      kind: 'not_found',
      message: expect.stringContaining('42'),
    });
  });

  it('CS-15 explains a job that vanished after a day', async () => {
    const { ref } = await world.submit(world.simulator.scenarios.runsForever());
    world.after(1439 * 60);
    expect(await world.look(ref)).toMatchObject({ status: 'RUNNING' });
    world.after(2 * 60);
    expect(await world.look(ref)).toMatchObject({
      kind: 'not_found',
      message: expect.stringContaining('job.expire.minutes'),
    });
  });

  it('CS-02 a restart of the server leaves the outcome open', async () => {
    const { ref } = await world.submit(world.simulator.scenarios.runsForever());
    world.simulator.restart();
    expect(await world.look(ref)).toMatchObject({ status: 'FAILED', error: { code: '530', outcomeUncertain: true } });
  });

  it.each<Fault>([
    'unauthorized',
    'html',
    'empty',
    'hang',
    'truncated',
    'unavailable',
    'reset',
    'throttled',
    'lost-answer',
  ])('%s ends nothing', async (fault) => {
    const { ref } = await world.submit(world.simulator.scenarios.runsForever());
    world.simulator.inject(fault, { count: 2 });
    const outcome = await world.look(ref);
    expect(outcome.kind).toBe(fault === 'unauthorized' ? 'permanent' : 'transient');
    world.simulator.inject(fault, { count: 0 });
    expect(await world.look(ref)).toMatchObject({ status: 'RUNNING' });
  });

  it('CS-12 asks for the secret again after a 401, once', async () => {
    const { ref } = await world.submit(world.simulator.scenarios.runsForever());
    world.simulator.rotateKeys();
    expect(await world.look(ref)).toMatchObject({ status: 'RUNNING' });
    expect(world.secrets.fresh).toBe(1);
    Object.assign(world.simulator.secret, { apiKey: 'another' });
    world.secrets.asked = 0;
    const calls = queries(world);
    world.simulator.inject('unauthorized', { count: 2 });
    expect(await world.look(ref)).toMatchObject({ kind: 'permanent', code: 'HTTP 401' });
    expect([world.secrets.asked, queries(world) - calls]).toEqual([2, 2]);
  });

  it('reports a handle without a job id instead of asking', async () => {
    const outcome = await world.look({ id: 'a', operation: 'x', handle: {}, createdAt: 0 });
    expect(outcome).toMatchObject({ kind: 'permanent', code: 'handle' });
    expect(queries(world)).toBe(0);
  });
});

describe('many jobs', () => {
  it('asks about each of a few by itself', async () => {
    const { listings, queries, outcomes } = await check(await running(9));
    expect([listings, queries]).toEqual([0, 9]);
    expect(new Set(statuses(outcomes))).toEqual(new Set(['RUNNING']));
  });

  it('needs one listing for those that run, and a query for each that ended', async () => {
    const refs = await running(30);
    const first = await check(refs);
    expect([first.listings, first.queries]).toEqual([1, 0]);
    world.after(11);
    const later = await check(refs);
    expect([later.listings, later.queries]).toEqual([1, 2]);
    expect(statuses(later.outcomes)).toEqual(['SUCCEEDED', 'SUCCEEDED', ...Array(28).fill('RUNNING')]);
  });

  it('CS-19 reads all pages, with a smaller page where the server wants one, and stops when all are seen', async () => {
    world.simulator.settings.maxPageSize = 20;
    const refs = await running(50);
    // 500, 100, 20 tried; three pages of 20.
    expect((await check(refs)).listings).toBe(5);
    expect((await check(refs)).listings).toBe(3);
    const early = await check(refs.slice(0, 15));
    expect([early.listings, early.queries]).toEqual([1, 0]);
  });

  it('CS-19 an empty list means that each must be asked about, not that all is done', async () => {
    const refs = await running(12);
    world.after(3600);
    const { listings, queries, outcomes } = await check(refs);
    expect([listings, queries]).toEqual([1, 12]);
    expect(new Set(statuses(outcomes))).toEqual(new Set(['SUCCEEDED']));
  });

  it('CS-16 does not take the finished jobs of an old list for running ones', async () => {
    world.simulator.settings.listing = 'old';
    const refs = await running(12);
    world.after(16);
    const { queries, outcomes } = await check(refs);
    expect(queries).toBe(3);
    expect(statuses(outcomes)).toEqual([...Array(3).fill('SUCCEEDED'), ...Array(9).fill('RUNNING')]);
  });

  it('CS-16 asks about a job that ends while the list is read', async () => {
    world.simulator.settings.maxPageSize = 20;
    const refs = await running(40);
    await check(refs);
    let pages = 0;
    world.simulator.beforeCall = (call) => {
      if (call === 'listAsyncJobs' && ++pages === 2) world.after(8);
    };
    const { outcomes, queries } = await check(refs);
    // The first was seen running on page 1; the one that slipped from page 2 to page 1 in between was asked about.
    expect(queries).toBe(1);
    expect(statuses(outcomes)).toEqual(Array(40).fill('RUNNING'));
    expect(statuses((await check(refs)).outcomes)[0]).toBe('SUCCEEDED');
  });

  it('CS-11 reads the list in XML', async () => {
    world.simulator.settings.alwaysXml = true;
    const { listings, queries } = await check(await running(12));
    expect([listings, queries]).toEqual([1, 0]);
  });

  it.each<Fault>(['html', 'empty', 'truncated', 'unavailable', 'reset', 'throttled'])(
    'a listing that meets %s starts no storm',
    async (fault) => {
      const refs = await running(12);
      world.simulator.inject(fault, { call: 'listAsyncJobs' });
      const { listings, queries, outcomes } = await check(refs);
      expect([listings, queries]).toEqual([1, 0]);
      expect(statuses(outcomes)).toEqual(Array(12).fill('transient'));
    },
  );

  it('keeps what the first pages said when a later one fails', async () => {
    world.simulator.settings.maxPageSize = 20;
    const refs = await running(30);
    await check(refs);
    let pages = 0;
    world.simulator.beforeCall = (call) => {
      if (call === 'listAsyncJobs' && ++pages === 2) world.simulator.inject('unavailable', { call });
    };
    const { outcomes, queries } = await check(refs);
    expect(statuses(outcomes)).toEqual([...Array(20).fill('RUNNING'), ...Array(10).fill('transient')]);
    expect(queries).toBe(0);
  });

  it('falls back to single queries where the user may not list, and remembers it for an hour', async () => {
    world.simulator.settings.listingAllowed = false;
    const refs = await running(12);
    const first = await check(refs);
    expect([first.listings, first.queries]).toEqual([1, 12]);
    expect(new Set(statuses(first.outcomes))).toEqual(new Set(['RUNNING']));
    expect(world.warnings).toHaveLength(1);
    expect((await check(refs)).listings).toBe(0);
    world.after(3601);
    expect((await check(refs)).listings).toBe(1);
  });

  it('stops at wrong keys, and does not take them for a missing permission', async () => {
    const refs = await running(40);
    world.simulator.inject('unauthorized', { count: 1000 });
    const { queries, outcomes } = await check(refs);
    expect(queries).toBeLessThanOrEqual(8);
    expect(new Set(statuses(outcomes))).toEqual(new Set(['permanent']));
    expect(world.warnings).toEqual([]);
  });

  it('stops at a signature that the server refuses, too', async () => {
    const refs = await running(40);
    Object.assign(world.simulator.secret, { apiKey: 'replaced' });
    Object.defineProperty(world.secrets, 'stale', { get: () => ({ apiKey: 'old', secretKey: 'old' }), set() {} });
    const { listings, queries, outcomes } = await check(refs);
    expect(listings).toBe(2);
    expect(queries).toBeLessThanOrEqual(8);
    expect(new Set(statuses(outcomes))).toEqual(new Set(['permanent']));
    expect(world.warnings).toEqual([]);
  });

  it('stops at 429, and hands on how long to wait', async () => {
    const refs = await running(30);
    world.after(3600);
    world.simulator.settings.limit = { calls: 6, seconds: 30 };
    const { queries, outcomes } = await check(refs);
    expect(queries).toBeLessThanOrEqual(9);
    expect(statuses(outcomes).filter((status) => status === 'SUCCEEDED')).toHaveLength(5);
    for (const outcome of outcomes) {
      if (outcome.kind !== 'observed')
        expect(outcome).toMatchObject({ kind: 'transient', code: '429', retryAfterSeconds: 30 });
    }
  });

  it('goes on past a job that cannot be read, and gives up after several in a row', async () => {
    const refs = await running(9);
    world.after(3600);
    world.simulator.inject('empty', { call: 'queryAsyncJobResult' });
    expect(statuses((await check(refs)).outcomes).filter(isTerminalStatus)).toHaveLength(8);
    world.simulator.inject('empty', { call: 'queryAsyncJobResult', count: 100 });
    const { queries, outcomes } = await check(refs);
    expect(queries).toBeLessThan(9);
    expect(new Set(statuses(outcomes))).toEqual(new Set(['transient']));
  });

  it('ends when it is told to', async () => {
    const refs = await running(5);
    world.simulator.inject('hang', { count: 100 });
    const outcomes = await world.connection.check(refs, { signal: AbortSignal.timeout(50) });
    expect(new Set([...outcomes.values()].map((outcome) => outcome.kind))).toEqual(new Set(['transient']));
    expect(queries(world)).toBeLessThanOrEqual(4);
  });

  it('10,000 open jobs take one listing of 20 pages', async () => {
    const refs = Array.from({ length: 10_000 }, (_, n): JobRef => {
      const { adopt, operation } = world.simulator.scenarios.adopts(60) as {
        adopt: { jobid: string };
        operation: string;
      };
      return { id: `job-${n}`, operation, handle: { jobid: adopt.jobid }, createdAt: 0 };
    });
    const { listings, queries, outcomes } = await check(refs);
    expect([listings, queries]).toEqual([20, 0]);
    expect(new Set(statuses(outcomes))).toEqual(new Set(['RUNNING']));
  });
});

function isTerminalStatus(status: string): boolean {
  return isTerminal(status as never);
}
