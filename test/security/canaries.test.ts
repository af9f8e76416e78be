import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../local/fixture.ts';
import { Canaries } from './canaries/canary.ts';
import { MODES } from './canaries/front.ts';
import { type CanaryWorld, startCanaryWorld } from './canaries/world.ts';

/**
 * Unique secrets wherever Pollux is given one: in the secret store, in requests, in what platforms answer, in sessions, in
 * task tokens. Then everything that leaves it is searched for them, in any encoding, after jobs that went well, failed, were
 * refused, met wrong credentials, no answer, and answers without sense, with the logs at DEBUG.
 */
const canaries = new Canaries();
const taskToken = canaries.plant('task token', { plain: true });
let world: CanaryWorld;
/** The table's items at many moments. */
const items: string[] = [];

beforeAll(async () => {
  world = await startCanaryWorld(canaries);
}, 600_000);
afterAll(() => world?.close());

async function call(method: string, path: string, body?: unknown): Promise<Record<string, any>> {
  const response = await fetch(world.engine.url + path, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  world.outputs.answers.push(`${method} ${path} ${JSON.stringify([...response.headers])} ${text}`);
  return JSON.parse(text);
}

const submit = (at: string, body: Record<string, unknown>) => call('POST', `/v1/${at}/jobs`, { ...body, taskToken });

/** Bodies with secrets in them, as the platform's users write them. */
const WITH_SECRETS: Record<string, () => Record<string, unknown>> = {
  vsphere: () => ({
    operation: 'ReconfigVM_Task',
    target: { type: 'VirtualMachine', value: 'vm-102' },
    arguments: {
      spec: { extraConfig: [{ key: 'guestinfo.password', value: canaries.plant('vsphere extraConfig') }] },
      auth: { username: 'root', password: canaries.plant('vsphere guest password') },
    },
  }),
  cloudstack: () => ({
    operation: 'deployVirtualMachine',
    parameters: {
      zoneid: '1128bd56-b4d9-4ac6-a7b9-c715b187ce11',
      serviceofferingid: '71004023-bb72-4a97-b1e9-bc66dfce9470',
      templateid: 'a520c30d-1f0a-4a6f-8d2e-9c0e7c4f1b55',
      password: canaries.plant('cloudstack password'),
      userdata: canaries.plant('cloudstack userdata', { plain: true }),
      simulate: 'ok-with-password',
      simulateseconds: 1,
    },
  }),
  bmc: () => ({
    operation: 'Clone_VM_With_Custom_Settings',
    operationType: 'Configure_Vm',
    parameters: { 'virtual-machine': 'web01', 'admin-password': canaries.plant('bmc guest password') },
  }),
  'f5-vcmp': () => ({ operation: 'set_guest_state', guests: ['guest1'], state: 'VCMP_GUEST_STATE_DEPLOYED' }),
};

const ADOPTIONS: Record<string, Record<string, unknown>> = {
  vsphere: { operation: 'PowerOnVM_Task', adopt: { task: 'task-525' } },
  cloudstack: { operation: 'deployVirtualMachine', adopt: { jobid: '2b0a7a3e-93c2-4c1f-9d3e-0f2a6a1b9c11' } },
  'f5-vcmp': { operation: 'set_guest_state', guests: ['guest1'], state: 'VCMP_GUEST_STATE_DEPLOYED', adopt: {} },
  bmc: { operation: 'Power_On_VM', adopt: { task: 'task-525' } },
};

const FINISHED: string[] = [];

async function runJobs(): Promise<void> {
  const failing = MODES.filter((mode) => mode !== 'pass');
  const jobs = world.simulators.flatMap(({ platform, scenarios }) => [
    submit(`${platform}/pass`, scenarios.succeeds(1)).then(({ id }) => FINISHED.push(id)),
    submit(`${platform}/pass`, scenarios.fails(1)).then(({ id }) => FINISHED.push(id)),
    submit(`${platform}/pass`, scenarios.refused()),
    ...(platform === 'cloudstack'
      ? [submit('cloudstack/pass', WITH_SECRETS.cloudstack!()).then(({ id }) => FINISHED.push(id))]
      : []),
  ]);
  const broken = Object.keys(ADOPTIONS).flatMap((platform) =>
    failing.flatMap((mode) => [
      submit(`${platform}/${mode}`, WITH_SECRETS[platform]!()),
      submit(`${platform}/${mode}`, ADOPTIONS[platform]!).then(
        ({ id }) => id && call('POST', `/v1/${platform}/${mode}/jobs/${id}/cancel`, {}),
      ),
    ]),
  );
  const scripts = [
    submit('symphony/echo', { operation: 'requestMachines', template: { templateId: 't', machineCount: 1 } }),
    submit('symphony/echo', { operation: 'requestMachines', adopt: { requestId: 'r-1', machineCount: 1 } }),
  ];
  await Promise.all([...jobs, ...broken, ...scripts, reportedTask()]);
}

async function reportedTask(): Promise<void> {
  const result = { url: 'https://x.example.com', password: canaries.plant('password in a report') };
  const details = { api_token: canaries.plant('token in a fault') };
  for (const report of [
    { state: 'success', result },
    { state: 'error', fault: { code: 'Failed', message: 'no', details } },
  ]) {
    const { id } = await submit('task/lab', { operation: 'rebuild-index' });
    FINISHED.push(id);
    world.seen.push(JSON.stringify(report));
    await call('POST', `/v1/task/lab/jobs/${id}/report`, { state: 'running' });
    await call('POST', `/v1/task/lab/jobs/${id}/report`, report);
  }
}

const isOver = (id: string) => world.outputs.events.some((event) => event.includes(`"id":"${id}"`));

test('nothing secret is in logs, events, answers, items, executions or metrics', { timeout: 600_000 }, async () => {
  const watch = setInterval(
    () =>
      void world.items().then(
        (now) => items.push(now),
        () => {},
      ),
    100,
  );
  try {
    await runJobs();
    await eventually(() => (FINISHED.every(isOver) ? true : undefined));
    // Every connection that was refused says so, after looks at the adopted job.
    await eventually(async () => {
      const { connections } = await call('GET', '/v1/connections');
      const down = connections.filter((it: any) => it.connection === 'denied' && it.health === 'DOWN');
      return down.length === Object.keys(ADOPTIONS).length ? true : undefined;
    });
  } finally {
    clearInterval(watch);
  }
  for (const platform of [...world.simulators.map((it) => it.platform)]) {
    for (const mode of MODES) await call('GET', `/v1/${platform}/${mode}/jobs`);
  }
  items.push(await world.items());

  // The secrets did travel, or the search would show nothing.
  const sent = canaries.in(world.seen.join('\n'));
  const answered = ['password in a result', 'pair in a result', 'token in a result', 'cookie of a proxy'];
  const local = ['task token', 'environment of a script', 'cloudstack secretKey'];
  const planted = canaries.all.map(({ name }) => name).filter((name) => !name.startsWith('session:'));
  expect(planted.filter((name) => ![...sent, ...answered, ...local].includes(name))).toEqual([]);

  const leaks: string[] = [];
  // A user's name is no secret: vCenter shows it with every task, and an operator needs it in a refusal.
  const search = (where: string, text: string, allowed: readonly string[] = []) => {
    const names = canaries.in(text).filter((name) => name !== 'username' && !allowed.includes(name));
    leaks.push(...names.map((name) => `${name} in ${where}`));
  };
  search('answers of the API', world.outputs.answers.join('\n'));
  search('events', world.outputs.events.join('\n'));
  search('what the operator is told', world.outputs.operator.join('\n'));
  // The token is in the item from the submit until it has been completed.
  search('items of the table', items.join('\n'), ['task token']);
  for (const [file, text] of world.files()) search(file, text, file.startsWith('table/') ? ['task token'] : []);
  expect([...new Set(leaks)]).toEqual([]);

  const finished = items
    .at(-1)!
    .split('\n')
    .filter((item) => FINISHED.some((id) => item.includes(`job/${id}`)));
  expect(finished).toHaveLength(FINISHED.length);
  expect(canaries.in(finished.join('\n'))).toEqual([]);
});
