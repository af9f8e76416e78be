import { describe, expect, test } from 'vitest';
import { reportJob } from '../../functions/report-job/report.ts';
import type { PlatformConnection } from '../../shared/platforms/adapter.ts';
import { fakeAdapter, LAB, World } from '../support/world.ts';
import { problemOf } from './rig.ts';

function reporting() {
  const world = new World();
  const platform: PlatformConnection = {
    intent: () => undefined,
    submit: () => Promise.reject(new Error('not part of this test')),
    adopt: () => ({ handle: {} }),
    check: (jobs) => world.platform.check(jobs),
    report: async (_job, report) => ({
      kind: 'observed',
      status: report.state === 'success' ? 'SUCCEEDED' : 'RUNNING',
      ...(report.progress !== undefined && { progress: report.progress }),
    }),
  };
  const adapter = fakeAdapter(() => platform);
  const report = (id: string, state?: 'success', progress?: number) =>
    reportJob(world.ports, adapter, platform, LAB, id, { state, progress });
  return { world, report, platform, adapter };
}

describe('a report', () => {
  test('of a job whose submit is not confirmed yet is to be sent again in a few seconds', async () => {
    const { world, report } = reporting();
    const { handle: _handle, ...job } = world.job({ status: 'SUBMITTING' });
    await world.store.createJob(job);
    const problem = await problemOf(report(job.id));
    expect(problem).toMatchObject({ status: 503, problem: 'job-unconfirmed', headers: { 'retry-after': '5' } });
    expect(problem.message).toContain('has not confirmed the submit of this job yet');
    await world.store.updateJob(job, { ...job, handle: { task: 'x' }, status: 'QUEUED' });
    expect(await report(job.id)).toMatchObject({ status: 'RUNNING' });
  });

  test('of a job that the platform itself tells of is refused, confirmed or not', async () => {
    const { world, platform, adapter } = reporting();
    delete platform.report;
    const job = world.job();
    await world.store.createJob(job);
    const problem = await problemOf(reportJob(world.ports, adapter, platform, LAB, job.id, {}));
    expect(problem).toMatchObject({ status: 409, problem: 'report-refused' });
  });

  test('of an end is written as soon as the table takes it, and the loop is woken', async () => {
    const { world, report } = reporting();
    const job = world.job();
    await world.store.createJob(job);
    const write = world.store.updateJob.bind(world.store);
    let failures = 0;
    world.store.updateJob = async (before, after) => {
      if (failures++ < 4) throw new Error('InternalServerError');
      return write(before, after);
    };
    expect(await report(job.id, 'success')).toMatchObject({ status: 'SUCCEEDED' });
    await world.run();
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });

  test('of an end that was written, though the answer of the table was lost, is taken and not called too late', async () => {
    const { world, report } = reporting();
    const job = world.job();
    await world.store.createJob(job);
    const write = world.store.updateJob.bind(world.store);
    let writes = 0;
    world.store.updateJob = async (before, after) => {
      const written = await write(before, after);
      if (writes++ === 0) throw new Error('TimeoutError');
      return written;
    };
    expect(await report(job.id, 'success')).toMatchObject({ status: 'SUCCEEDED' });
    expect(await problemOf(report(job.id))).toMatchObject({ status: 409, problem: 'job-over' });
  });
});
