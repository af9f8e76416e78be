import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CloudstackSimulator, startCloudstackSimulator } from '../../infra/local/simulators/cloudstack.ts';

/**
 * The simulator before a client that others wrote: exoscale's `cs` (Debian: `apt-get install cs`, whose program is called
 * `cloudstack`). What this client can work with is believable; it signs by itself, so it also checks our reading of that.
 */
const PROGRAM = ['cloudstack', 'cs'].find((name) => {
  try {
    return execFileSync(name, ['--help'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).includes(
      'Cloudstack API command',
    );
  } catch {
    return false;
  }
});

const TITLE = PROGRAM
  ? 'cs against the simulator'
  : 'cs against the simulator [skipped: the program is not installed, apt-get install cs]';

type Answer = any;

describe.skipIf(PROGRAM === undefined)(TITLE, { timeout: 15_000 }, () => {
  let simulator: CloudstackSimulator;
  beforeAll(async () => {
    simulator = await startCloudstackSimulator();
  });
  afterAll(() => simulator.close());

  async function cs(...args: string[]): Promise<{ ok: boolean; answer: Answer; said: string }> {
    const env = {
      PATH: process.env.PATH,
      CLOUDSTACK_ENDPOINT: String(simulator.connection.url),
      CLOUDSTACK_KEY: simulator.secret.apiKey,
      CLOUDSTACK_SECRET: simulator.secret.secretKey,
      CLOUDSTACK_POLL_INTERVAL: '0.2',
    };
    const run = promisify(execFile)(PROGRAM!, args, { env, timeout: 10_000 });
    const { stdout, stderr } = await run.catch((error: { stdout: string; stderr: string }) => error);
    const ok = await run.then(
      () => true,
      () => false,
    );
    return { ok, answer: stdout ? JSON.parse(stdout) : undefined, said: stderr };
  }

  const deploy = (outcome: string) => {
    const { parameters } = simulator.ends(outcome as 'ok', 0.3) as { parameters: Record<string, unknown> };
    return ['deployVirtualMachine', ...Object.entries(parameters).map(([key, value]) => `${key}=${value}`)];
  };

  it('reads and writes by GET and by POST, with everything that needs encoding', async () => {
    expect((await cs('listZones')).answer).toMatchObject({ count: 1 });
    // No tilde: `cs` signs it as it is, Java's encoder does not (trap 12), and a real server would refuse it too.
    const [get, post] = await Promise.all([
      cs(...deploy('ok'), "displayname=(1)! it's 50% *new* + ü/é"),
      cs('--post', ...deploy('ok'), "displayname=(1)! it's 50% *new* + ü/é"),
    ]);
    for (const { ok, answer, said } of [get, post]) {
      expect({ ok, said }).toEqual({ ok: true, said: '' });
      expect(answer).toMatchObject({ virtualmachine: { state: 'Running' } });
    }
  });

  it('starts a job, finds it in the list and asks about it', async () => {
    const { answer } = await cs('--async', ...deploy('stuck'));
    expect(answer).toEqual({ id: expect.any(String), jobid: expect.any(String) });
    const [list, job] = await Promise.all([cs('listAsyncJobs'), cs('queryAsyncJobResult', `jobid=${answer.jobid}`)]);
    expect(list.answer.asyncjobs).toContainEqual(expect.objectContaining({ jobid: answer.jobid, jobstatus: 0 }));
    expect(job.answer).toMatchObject({ jobid: answer.jobid, jobstatus: 0, jobinstanceid: answer.id });
  });

  it('is told of failures, refusals and unknown jobs', async () => {
    const [failed, refused, unknown] = await Promise.all([
      cs(...deploy('fail-with-text')),
      cs('deployVirtualMachine', 'zoneid=z'),
      cs('queryAsyncJobResult', 'jobid=00000000-0000-4000-8000-000000000000'),
    ]);
    expect([failed.ok, refused.ok, unknown.ok]).toEqual([false, false, false]);
    expect(failed.answer.queryasyncjobresultresponse.jobresult).toMatchObject({ errorcode: 533 });
    expect(refused.answer.deployvirtualmachineresponse).toMatchObject({ errorcode: 431 });
    expect(unknown.answer.queryasyncjobresultresponse).toMatchObject({ errorcode: 431 });
    expect(refused.said).toContain('HTTP 431');
  });
});
