import { describe, expect, it } from 'vitest';
import { connectionOf } from './connection.ts';
import { fixture } from './fixture.ts';
import { jobOf, loggedIn, signal } from './rig.ts';

/** No reader of XML takes this, however lenient. */
const SPOILED = '<message>Copying <b disk 1</message>';

interface Task {
  state: string;
  spoiled?: 'description' | 'error' | 'result' | 'state';
}

const value = (path: string, inner: string) => `<propSet><name>${path}</name><val>${inner}</val></propSet>`;

/** A server with these tasks; a text that is asked for spoils the whole answer. */
function server(tasks: Readonly<Record<string, Task>>) {
  return loggedIn((_method, body) => {
    const paths = [...body.matchAll(/<pathSet>([^<]*)</g)].map(([, path]) => path!);
    const objects = [...body.matchAll(/<obj type="Task">([^<]*)</g)].map(([, id]) => {
      const { state, spoiled } = tasks[id!]!;
      const fields = [
        ['key', id!],
        ['description', spoiled === 'description' ? SPOILED : '<message>Copying</message>'],
        ['state', spoiled === 'state' ? SPOILED : state],
        [
          'error',
          state === 'error' ? (spoiled === 'error' ? SPOILED : '<fault/><localizedMessage>WHY</localizedMessage>') : '',
        ],
        ['result', spoiled === 'result' ? SPOILED : ''],
        ['queueTime', '2026-11-21T02:00:00Z'],
        ['completeTime', state === 'running' ? '' : '2026-11-21T02:00:09Z'],
      ].filter(([, inner]) => inner !== '') as [string, string][];
      const properties = paths.includes('info')
        ? value('info', fields.map(([name, inner]) => `<${name}>${inner}</${name}>`).join(''))
        : fields
            .flatMap(([name, inner]) => (paths.includes(`info.${name}`) ? value(`info.${name}`, inner) : ''))
            .join('');
      return `<objects><obj type="Task">${id}</obj>${properties}</objects>`;
    });
    return {
      body: fixture('answer-empty').replace('<returnval></returnval>', `<returnval>${objects.join('')}</returnval>`),
    };
  });
}

async function poll(tasks: Readonly<Record<string, Task>>) {
  const http = server(tasks);
  const jobs = Object.keys(tasks).map((task) => jobOf({ task }));
  const outcomes = await connectionOf({ http }).check(jobs, { signal });
  const reads = http.asked.filter(({ method }) => method === 'RetrievePropertiesEx').length;
  return { told: jobs.map(({ id }) => outcomes.get(id)!), reads };
}

describe('an unreadable text does not keep a job open: state and times are read property by property', () => {
  it('of a running task', async () => {
    const { told } = await poll({ 'task-1': { state: 'running', spoiled: 'description' } });
    expect(told).toMatchObject([{ kind: 'observed', status: 'RUNNING' }]);
  });

  it('of a failed task, with the error where that can be read', async () => {
    const { told } = await poll({
      'task-1': { state: 'error', spoiled: 'description' },
      'task-2': { state: 'error', spoiled: 'error' },
    });
    expect(told).toMatchObject([
      { status: 'FAILED', error: { message: 'WHY' }, completedAt: Date.parse('2026-11-21T02:00:09Z') },
      {
        status: 'FAILED',
        error: {
          code: 'unknown',
          message: expect.stringMatching(
            /^The task ended in error, and what the server says of it cannot be read: .*not well-formed/,
          ),
        },
        tookSeconds: 9,
      },
    ]);
  });

  it('of a task that succeeded, and says that its result cannot be read', async () => {
    const { told } = await poll({ 'task-1': { state: 'success', spoiled: 'result' } });
    expect(told).toMatchObject([
      { status: 'SUCCEEDED', message: expect.stringMatching(/^The result cannot be read: /) },
    ]);
  });

  it('costs the others of the batch nothing, and a few calls', async () => {
    const tasks: Record<string, Task> = {};
    for (let n = 0; n < 500; n++) tasks[`task-${n}`] = { state: n === 7 ? 'error' : 'running' };
    tasks['task-250'] = { state: 'running', spoiled: 'description' };
    const { told, reads } = await poll(tasks);
    expect(told.map((it) => ('status' in it ? it.status : it.kind))).toEqual(
      told.map((_, n) => (n === 7 ? 'FAILED' : 'RUNNING')),
    );
    expect(told[7]).toMatchObject({ error: { message: 'WHY' } });
    expect(reads).toBe(3);
  });

  it('a state that cannot be read says nothing of its own task, and the others are polled', async () => {
    const { told } = await poll({
      'task-1': { state: 'running' },
      'task-2': { state: 'running', spoiled: 'state' },
      'task-3': { state: 'success' },
    });
    expect(told).toMatchObject([
      { kind: 'observed', status: 'RUNNING' },
      { kind: 'transient', code: 'HTTP 200' },
      { kind: 'observed', status: 'SUCCEEDED' },
    ]);
  });
});
