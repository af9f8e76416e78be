import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Job } from '../../../client/index.ts';
import { eventually } from '../../local/fixture.ts';
import { follow, pollux, type Rig, startRig } from '../rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(() => rig.close());

const json = (text: string) => JSON.parse(text);
const linesOf = (text: string) => text.trimEnd().split('\n');
const nameOf = ({ platform, connection, id }: Pick<Job, 'platform' | 'connection' | 'id'>) =>
  `${platform}/${connection}/${id}`;

async function submitted(to: string, body: object): Promise<Job> {
  const { code, stdout, stderr } = await rig.run('submit', to, '--body', JSON.stringify(body), '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return json(stdout);
}

describe('the exit code of --wait and watch tells how a job ended', () => {
  const waited = (to: string, body: object) => rig.run('submit', to, '--body', JSON.stringify(body), '--wait');

  test.concurrent('SUCCEEDED: 0, and a line for each change', async () => {
    const { code, stdout } = await waited('vsphere/lab', rig.scenarios.vsphere!.succeeds(1));
    expect(code).toBe(0);
    expect(linesOf(stdout)[0]).toMatch(/^\d{4}-.*Z {2}vsphere\/lab\/\w{26} {2}QUEUED$/);
    expect(linesOf(stdout).at(-1)).toMatch(/ SUCCEEDED$/);
    expect(stdout).not.toContain('\u001b');
  });

  test.concurrent('FAILED: 1, with the error of the platform', async () => {
    const { code, stdout } = await waited('vsphere/lab', rig.scenarios.vsphere!.fails(1));
    expect(code).toBe(1);
    expect(linesOf(stdout).at(-1)).toMatch(/FAILED {2}HostNotConnected: /);
  });

  test.concurrent('PARTIALLY_SUCCEEDED: 3', async () => {
    expect(await waited('symphony/lab', rig.scenarios.symphony!.partlySucceeds!(1))).toMatchObject({ code: 3 });
  });

  test.concurrent('CANCELED: 4, after a cancel; a second cancel of what is over is refused', async () => {
    const job = await submitted('vsphere/lab', rig.scenarios.vsphere!.runsForever());
    const watching = rig.run('watch', nameOf(job));
    const canceled = await rig.run('cancel', nameOf(job));
    expect(canceled).toMatchObject({ code: 0, stdout: expect.stringContaining('cancel requested') });
    expect(await watching).toMatchObject({ code: 4 });
    const again = await rig.run('cancel', nameOf(job));
    expect(again).toMatchObject({ code: 8, stderr: expect.stringContaining('The job is over (409)') });
  });

  test.concurrent('SUPERSEDED: 5', async () => {
    expect(await waited('f5-vcmp/lab', rig.scenarios['f5-vcmp']!.isSuperseded!(6))).toMatchObject({ code: 5 });
  });

  test.concurrent('TIMED_OUT: 6, by --deadline', async () => {
    const body = JSON.stringify(rig.scenarios.vsphere!.runsForever());
    expect(await rig.run('submit', 'vsphere/lab', '--body', body, '--deadline', '1s', '-w')).toMatchObject({ code: 6 });
  });

  test.concurrent('LOST: 7', async () => {
    const { code } = await rig.run('submit', 'task/lab', '-o', 'silent', '-p', 'heartbeatSeconds:=5', '--wait');
    expect(code).toBe(7);
  });
});

describe('a task, from the submit to its end', () => {
  test('submit, report, watch --json, get, explain', async () => {
    const args = ['-o', 'rebuild', '-p', 'cancelable:=true', '--label', 'team=web', '--deadline', '2h', '--json'];
    const first = await rig.run('submit', 'task/lab', ...args, '--key', 'once');
    const job: Job = json(first.stdout);
    expect(job).toMatchObject({ operation: 'rebuild', labels: { team: 'web' }, status: 'QUEUED' });
    expect(Date.parse(job.deadline) - Date.parse(job.createdAt)).toBe(7_200_000);
    expect(json((await rig.run('submit', 'task/lab', ...args, '--key', 'once')).stdout).id).toBe(job.id);

    const name = nameOf(job);
    const watching = follow(['watch', name, '--json'], rig.env);
    await eventually(() => (watching.said.stdout.includes('QUEUED') ? true : undefined));
    const progress = await rig.run('report', name, '--progress', '40', '--message', 'Writing');
    expect(progress.stdout).toBe(`${name}  RUNNING  40 %  Writing\n`);
    await eventually(() => (watching.said.stdout.includes('Writing') ? true : undefined));
    const explained = await rig.run('explain', name);
    expect(explained.stdout).toContain('RUNNING: the worker says that it is at work.');
    expect(explained.stdout).toContain('the worker says: Writing');
    expect(await rig.run('cancel', name)).toMatchObject({ code: 0 });
    expect((await rig.run('report', name)).stdout).toContain('cancel requested: stop, and report --canceled');
    const done = await rig.run('report', name, '--succeed', '--result', '{"shards":10}', '--json');
    expect(json(done.stdout)).toMatchObject({ status: 'SUCCEEDED', result: { shards: 10 } });

    const { code, stdout } = await watching.ended;
    expect(code).toBe(0);
    const seen = linesOf(stdout).map(json);
    expect(seen[0]).toMatchObject({ status: 'QUEUED' });
    expect(seen.at(-1)).toMatchObject({ status: 'SUCCEEDED', result: { shards: 10 } });
    const shown = await rig.run('get', name);
    expect(shown.stdout).toMatch(/^task\/lab\/\w{26} {2}SUCCEEDED\n {2}operation {6}rebuild\n/);
    expect(shown.stdout).toContain('{"shards":10}');
    expect(json((await rig.run('get', name, '--json')).stdout)).toEqual(seen.at(-1));
    expect(json((await rig.run('explain', name, '--json')).stdout)).toMatchObject({ job: name, status: 'SUCCEEDED' });
  });

  test('a report against the rules, and one that fails the job', async () => {
    const name = nameOf(await submitted('task/lab', { operation: 'x' }));
    expect(await rig.run('report', name, '--fail', 'disk full', '--code', 'DiskFull')).toMatchObject({
      code: 0,
      stdout: `${name}  FAILED  DiskFull: disk full\n`,
    });
    expect(await rig.run('report', name, '--progress', '5')).toMatchObject({ code: 8 });
    const reported = nameOf(await submitted('task/lab', { operation: 'y', cancelable: true }));
    await rig.run('report', reported, '--running');
    expect((await rig.run('report', reported, '--canceled')).stdout).toContain('CANCELED');
  });
});

describe('the other commands', () => {
  test('adopt, --task and all', async () => {
    const { operation, adopt } = rig.scenarios.vsphere!.adopts(1) as { operation: string; adopt: { task: string } };
    const { code, stdout } = await rig.run('adopt', 'vsphere/lab', '-o', operation, '--task', adopt.task, '--wait');
    expect({ code, end: linesOf(stdout).at(-1) }).toMatchObject({ code: 0, end: expect.stringContaining('SUCCEEDED') });
    expect(await rig.run('adopt', 'vsphere/lab', '-o', operation, '--task', 'task-0')).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('The platform does not know this job (404)'),
    });
  });

  test('a submit from options, standard input and a file', async () => {
    const { target } = rig.scenarios.vsphere!.succeeds(1) as { target: { type: string; value: string } };
    const args = ['-o', 'PowerOnVM_Task', '-t', `${target.type}:${target.value}`, '--json'];
    const byOptions = await rig.run('submit', 'vsphere/lab', ...args);
    expect(json(byOptions.stdout)).toMatchObject({
      operation: 'PowerOnVM_Task',
      platformJobId: expect.stringMatching(/^task-/),
    });
    const input = JSON.stringify(rig.scenarios.symphony!.succeeds(1));
    const byInput = await pollux(['submit', 'symphony/lab', '--body', '-', '--json'], { env: rig.env, input });
    expect(json(byInput.stdout)).toMatchObject({ operation: 'requestMachines' });
    expect(await rig.run('submit', 'vsphere/lab', '--body', '/nonexistent.json')).toMatchObject({
      code: 2,
      stderr: 'pollux: --body /nonexistent.json: cannot be read (ENOENT)\n',
    });
  });

  test('a refusal of the platform, a wrong body, an unknown job and an unknown connection', async () => {
    const refused = await rig.run('submit', 'vsphere/lab', '--body', JSON.stringify(rig.scenarios.vsphere!.refused()));
    expect(refused).toMatchObject({
      code: 8,
      stdout: '',
      stderr: expect.stringMatching(/^[^[]*ManagedObjectNotFound[^[]*$/),
    });
    const wrong = await rig.run('submit', 'task/lab', '-o', 'x', '-p', 'heartbeatSeconds=5', '-p', 'foo=1');
    expect(wrong.stderr).toMatch(
      /^pollux: The request is not valid \(400\):\n {2}heartbeatSeconds: must be a number.*\n {2}foo: the key "foo" is not known here; .*\n$/,
    );
    expect(await rig.run('get', 'task/lab/01K2M5Q8ZJ0X4V7R9T3W6Y1B2C')).toMatchObject({ code: 8 });
    const unknown = await rig.run('list', 'task/nowhere', '--json');
    expect({ code: unknown.code, stdout: unknown.stdout }).toEqual({ code: 8, stdout: '' });
    expect(json(unknown.stderr)).toMatchObject({
      error: { exitCode: 8, problem: { type: 'urn:pollux:problem:unknown-connection' } },
    });
  });

  test('list: a table, filters, and all pages', async () => {
    const jobs: string[] = [];
    for (let i = 0; i < 3; i++) jobs.unshift((await submitted('task/lab', { operation: 'listed' })).id);
    const { stdout } = await rig.run('list', 'task/lab', '-o', 'listed');
    expect(linesOf(stdout)[0]).toMatch(/^ID +STATUS +OPERATION +AGE$/);
    expect(
      linesOf(stdout)
        .slice(1)
        .map((line) => line.split(' ')[0]),
    ).toEqual(jobs);
    const two = await rig.run('list', 'task/lab', '-o', 'listed', '-n', '2', '--json');
    expect(linesOf(two.stdout).map((line) => json(line).id)).toEqual(jobs.slice(0, 2));
    expect(await rig.run('list', 'task/lab', '-s', 'TIMED_OUT')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'no such job on task/lab\n',
    });
    for (const id of jobs) await rig.run('report', `task/lab/${id}`, '--succeed');
  });

  test('connections, and what is wrong with one', async () => {
    const { stdout } = await rig.run('connections');
    expect(linesOf(stdout)[0]).toMatch(/^CONNECTION +HEALTH +SINCE +LOOP$/);
    expect(stdout).toContain('vsphere/wrong');
    expect(linesOf((await rig.run('connections', '--json')).stdout).map(json)).toHaveLength(7);
    const checked = await rig.run('connections', 'check');
    expect(checked.code).toBe(1);
    expect(checked.stdout).toMatch(/^vsphere\/lab {2}ok {2}\d+ ms$/m);
    expect(checked.stdout).toMatch(
      /^vsphere\/wrong {2}InvalidLogin {2}this needs an operator\n {2}Login was answered/m,
    );
    expect(checked.stdout).not.toContain('not-this-one');
    const good = await rig.run('connections', 'check', 'bmc/lab', '--json');
    expect({ code: good.code, ...json(good.stdout) }).toMatchObject({ code: 0, ok: true });
    expect(await rig.run('connections', 'chek')).toMatchObject({ code: 2, stderr: expect.stringContaining('"check"') });
  });

  test('events: those that match, until Ctrl-C', async () => {
    const all = follow(['events', '--json'], rig.env);
    const failures = follow(['events', '--operation', 'told', '--status', 'FAILED', '--label', 'a=b'], rig.env);
    const places = ['--connection', 'task/lab', '--connection', 'vsphere/wrong'];
    const ofTwo = follow(['events', '--operation', 'told', ...places, '--json'], rig.env);
    for (const { said } of [all, failures, ofTwo]) {
      await eventually(() => (said.stderr.startsWith('listening to ') ? true : undefined));
    }
    const names: string[] = [];
    for (const label of ['a=b', 'a=c']) {
      const { stdout } = await rig.run('submit', 'task/lab', '-o', 'told', '-l', label, '--json');
      names.push(nameOf(json(stdout)));
    }
    for (const name of names) await rig.run('report', name, '--fail', 'no');
    const told = ({ said }: typeof all) => names.every((name) => said.stdout.includes(name.split('/').at(-1)!));
    await eventually(() => (told(all) && told(ofTwo) ? true : undefined));
    for (const { child } of [all, failures, ofTwo]) child.kill('SIGINT');
    const [everything, filtered] = await Promise.all([all.ended, failures.ended]);
    expect([everything.code, filtered.code]).toEqual([130, 130]);
    expect(linesOf(everything.stdout).map(json)).toContainEqual(expect.objectContaining({ source: 'pollux' }));
    expect(filtered.stdout).toMatch(new RegExp(`^\\S+Z {2}${names[0]} {2}QUEUED → FAILED {2}told {2}Failed: no\n$`));
  });

  test('events: of what the engine does not have there are none', async () => {
    const { code, stderr } = await rig.run('events', '--connection', 'vsphere/lap');
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "vsphere/lab"?') });
  });

  test('Ctrl-C ends the watching, not the job', async () => {
    const name = nameOf(await submitted('task/lab', { operation: 'long' }));
    const watching = follow(['watch', name], rig.env);
    await eventually(() => (watching.said.stdout.includes('QUEUED') ? true : undefined));
    watching.child.kill('SIGINT');
    expect(await watching.ended).toMatchObject({
      code: 130,
      stderr: `stopped watching; the job goes on: pollux watch ${name}\n`,
    });
    expect(json((await rig.run('get', name, '--json')).stdout)).toMatchObject({ status: 'QUEUED' });
    await rig.run('report', name, '--succeed');
  });

  test('a whole connection is watched, jobs that come later too; different ends are 1', async () => {
    const body = rig.scenarios.cloudstack!;
    await submitted('cloudstack/lab', body.succeeds(9));
    const watching = follow(['watch', 'cloudstack/lab'], rig.env);
    await eventually(() => (watching.said.stdout.includes('cloudstack') ? true : undefined));
    await submitted('cloudstack/lab', body.fails(1));
    const { code, stdout } = await watching.ended;
    expect({ code, succeeded: stdout.match(/SUCCEEDED/g), failed: stdout.match(/FAILED/g) }).toEqual({
      code: 1,
      succeeded: ['SUCCEEDED'],
      failed: ['FAILED'],
    });
    expect(await rig.run('watch', 'cloudstack/lab')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'no job of cloudstack/lab is open\n',
    });
  }, 40_000);

  test('a reader that has had enough is no error', async () => {
    const { child, ended } = follow(['list', 'task/lab', '--limit', '0', '--json'], rig.env);
    child.stdout.destroy();
    expect(await ended).toMatchObject({ stderr: '' });
  });
});
