import { describe, expect, it } from 'vitest';
import type { CheckOutcome } from '../../../shared/job/outcome.ts';
import type { JobRef } from '../../../shared/platforms/adapter.ts';
import { fetchHttpClient } from '../../support/fetch-http.ts';
import { connectionOf } from './connection.ts';
import { fixture } from './fixture.ts';
import { acceptedJob, jobOf, loggedIn, lookThrough, signal, startRig } from './rig.ts';

/** A rig that waits as long as it takes, for a busy machine. */
async function withRig(
  options: Parameters<typeof startRig>[0],
  test: (rig: Awaited<ReturnType<typeof open>>) => Promise<void>,
) {
  const rig = await open(options);
  try {
    await test(rig);
  } finally {
    await rig.simulator.close();
  }
}

async function open(options: Parameters<typeof startRig>[0]) {
  const { simulator, url } = await startRig(options);
  const connection = connectionOf({ http: fetchHttpClient(), url });
  const submitted = async (request: unknown) => acceptedJob(await connection.submit(request, undefined, { signal }));
  const poll = async (jobs: readonly JobRef[]): Promise<CheckOutcome[]> => {
    const outcomes = await connection.check(jobs, { signal });
    return jobs.map(({ id }) => outcomes.get(id)!);
  };
  return { simulator, connection, submitted, poll };
}

describe.each(['absent', 'fault', 'missingSet'] as const)('a server that tells of a gone task by %s', (goneAs) => {
  it('has its end in the history, and the others of the batch are polled all the same', async () => {
    await withRig({ goneAs }, async ({ simulator, submitted, poll }) => {
      const jobs = [];
      for (let n = 0; n < 6; n++) jobs.push(await submitted(simulator.scenarios.succeeds(n % 2 === 0 ? 0 : 60)));
      for (const job of jobs) if (job !== jobs[5]) simulator.forget(job.handle.task as string);
      const outcomes = await poll(jobs);
      // 1 and 3 were running when they vanished: a row that has not ended is no live status.
      expect(outcomes.map((it) => ('status' in it ? it.status : it.kind))).toEqual([
        'SUCCEEDED',
        'not_found',
        'SUCCEEDED',
        'not_found',
        'SUCCEEDED',
        'RUNNING',
      ]);
    });
  });

  it('a task that never was is not found, so that the job ends LOST after the grace', async () => {
    await withRig({ goneAs }, async ({ poll }) => {
      expect(await poll([jobOf({ task: 'task-999999' })])).toMatchObject([
        { kind: 'not_found', code: 'ManagedObjectNotFound' },
      ]);
    });
  });

  it('a cancel of it is over', async () => {
    await withRig({ goneAs }, async ({ simulator, connection, submitted }) => {
      const job = await submitted(simulator.scenarios.runsForever());
      simulator.forget(job.handle.task as string);
      expect(await connection.cancel!(job, { signal })).toEqual({ kind: 'over' });
    });
  });

  it('a submit whose answer was lost is found, though the task is gone', async () => {
    await withRig({ goneAs }, async ({ simulator, connection }) => {
      const request = simulator.scenarios.succeeds(0);
      const intent = connection.intent(request, { id: 'j', createdAt: Date.now() })!;
      const job = acceptedJob(await connection.submit(request, intent, { signal }));
      simulator.forget(job.handle.task as string);
      expect(await connection.findSubmitted!(intent, { signal })).toMatchObject({ kind: 'accepted' });
    });
  });
});

describe('a read that fails because of tasks that are gone', () => {
  const running = fixture('task-running').match(/<propSet>.*<\/propSet>/s)![0];
  const objects = (ids: readonly string[]) =>
    ids.map((id) => `<objects><obj type="Task">${id}</obj>${running.replaceAll(/\btask-\d+/g, id)}</objects>`).join('');
  const idsIn = (body: string) => [...body.matchAll(/<obj type="Task">([^<]*)</g)].map(([, id]) => id!);
  const answer = (values: string) => ({
    body: fixture('answer-empty').replace('<returnval></returnval>', `<returnval>${values}</returnval>`),
  });
  const SESSION =
    '<objects><obj type="SessionManager">SessionManager</obj><propSet><name>currentSession</name><val><key>k</key></val></propSet></objects>';
  const gone = fixture('fault-managed-object-not-found');

  /** Knows all tasks but these, of which it names one in its own way, or none. */
  const server = (missing: readonly string[], write: (id: string) => string) =>
    loggedIn((method, body) => {
      if (method !== 'RetrievePropertiesEx') return { status: 500, body: fixture('fault-request-canceled') };
      if (body.includes('currentSession')) return answer(SESSION);
      const ids = idsIn(body);
      const culprit = ids.find((id) => missing.includes(id));
      return culprit === undefined ? answer(objects(ids)) : { status: 500, body: write(culprit) };
    });
  const kinds = async (http: ReturnType<typeof server>, ids: readonly string[]) => {
    const jobs = ids.map((task) => jobOf({ task }));
    const outcomes = await connectionOf({ http }).check(jobs, { signal });
    return jobs.map(({ id }) => outcomes.get(id)!.kind);
  };
  const reads = (http: ReturnType<typeof server>) =>
    http.asked.filter(({ method, body }) => method === 'RetrievePropertiesEx' && idsIn(body).length > 0).length;

  it.each([
    ['names it', (id: string) => gone.replace('task-68', id)],
    ['names it with the namespace of its type', (id: string) => gone.replace('"Task">task-68', `"vim.Task">${id}`)],
    [
      'names it in the sentence, as ESXi',
      (id: string) =>
        gone.replace('The object has', `The object 'vim.Task:${id}' has`).replace('<obj type="Task">task-68</obj>', ''),
    ],
  ])('is repeated without the one that the server %s', async (_how, write) => {
    const http = server(['haTask-1-vim.VirtualMachine.powerOn-7', 'task-3'], write);
    expect(await kinds(http, ['task-1', 'haTask-1-vim.VirtualMachine.powerOn-7', 'task-3', 'task-4'])).toEqual([
      'observed',
      'not_found',
      'not_found',
      'observed',
    ]);
    expect(reads(http)).toBe(3);
  });

  it('is repeated in halves where the server names none', async () => {
    const http = server(['task-3'], () => gone.replace('<obj type="Task">task-68</obj>', ''));
    const ids = Array.from({ length: 8 }, (_, n) => `task-${n}`);
    expect(await kinds(http, ids)).toEqual(ids.map((id) => (id === 'task-3' ? 'not_found' : 'observed')));
    expect(reads(http)).toBeLessThanOrEqual(7);
  });

  it('costs a bounded number of calls, and what is left is read at the next poll', async () => {
    const ids = Array.from({ length: 900 }, (_, n) => `task-${n}`);
    const http = server(ids, (id) => gone.replace('task-68', id));
    const told = await kinds(http, ids);
    expect(reads(http)).toBe(200);
    expect(told.filter((kind) => kind === 'not_found')).toHaveLength(200);
    expect(told.filter((kind) => kind === 'transient')).toHaveLength(700);
  });

  it('is no verdict where the fault is about something else', async () => {
    const http = server(['task-1'], () => gone.replace('"Task">task-68', '"Folder">group-v3'));
    expect(await kinds(http, ['task-1', 'task-2'])).toEqual(['transient', 'transient']);
  });
});

describe('a task that the server has and does not show', () => {
  const withheld = (fault: string) =>
    loggedIn(() => ({
      body: fixture('answer-missing-set-not-authenticated').replace(
        /<fault>.*<\/fault>(?=<\/missingSet>)/s,
        `<fault>${fault}</fault>`,
      ),
    }));
  const told = async (fault: string) =>
    lookThrough(connectionOf({ http: withheld(fault) }), jobOf({ task: 'task-68' }));
  const object = '<object type="Folder">group-d1</object>';

  it('NoPermission names the object and the privilege', async () => {
    const noPermission = `<fault xsi:type="NoPermission">${object}<privilegeId>System.Read</privilegeId></fault><localizedMessage>Permission to perform this operation was denied.</localizedMessage>`;
    expect(await told(noPermission)).toEqual({
      kind: 'permanent',
      code: 'NoPermission',
      message:
        "task-68 exists, but its info cannot be read: NoPermission: Permission to perform this operation was denied. (the connection's user lacks System.Read on Folder:group-d1)",
    });
  });

  it('NoPermission of newer servers names all that is lacking', async () => {
    const lacking = (id: string, ...privileges: string[]) =>
      `<missingPrivileges><entity type="VirtualMachine">${id}</entity>${privileges.map((it) => `<privilegeIds>${it}</privilegeIds>`).join('')}</missingPrivileges>`;
    const message = (fields: string) => told(`<fault xsi:type="NoPermission">${fields}</fault>`);
    expect(await message(lacking('vm-1', 'System.Read', 'System.View') + lacking('vm-2', 'System.Read'))).toMatchObject(
      {
        message: expect.stringContaining(
          'lacks System.Read, System.View on VirtualMachine:vm-1; System.Read on VirtualMachine:vm-2',
        ),
      },
    );
    expect(await message(lacking('vm-1', 'System.Read'))).toMatchObject({
      message: expect.stringContaining('lacks System.Read on VirtualMachine:vm-1)'),
    });
    expect(await message('')).toMatchObject({ message: expect.stringContaining('lacks a privilege on this object') });
  });

  it('a fault of the server itself is no verdict', async () => {
    expect(await told('<fault xsi:type="SystemError"><reason>disk full somewhere</reason></fault>')).toMatchObject({
      kind: 'transient',
      message: expect.stringContaining('disk full somewhere'),
    });
  });

  it('ManagedObjectNotFound of what the task works on does not make the task gone', async () => {
    expect(
      await told('<fault xsi:type="ManagedObjectNotFound"><obj type="VirtualMachine">vm-1</obj></fault>'),
    ).toMatchObject({ kind: 'transient', code: 'ManagedObjectNotFound' });
  });
});
