import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Simulator } from '../../../infra/local/simulators/simulator.ts';
import { startVsphereSimulator } from '../../../infra/local/simulators/vsphere.ts';

let simulator: Simulator;
let url: string;

beforeAll(async () => {
  simulator = await startVsphereSimulator({ queueSeconds: 0 });
  url = simulator.connection.url as string;
});
afterAll(() => simulator.close());

/** Written by hand on purpose: the adapter's own encoder must not vouch for itself. */
async function call(
  body: string,
  { cookie, action = '"urn:vim25/8.0.1.0"' }: { cookie?: string; action?: string } = {},
) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { soapaction: action, ...(cookie && { cookie }) },
    body: `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body>${body}</e:Body></e:Envelope>`,
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    fault: /<(\w+)Fault xmlns/.exec(text)?.[1],
    setCookie: response.headers.getSetCookie()[0],
  };
}

const login = (user = 'administrator@vsphere.local', more = '') =>
  `<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this><userName>${user}</userName><password>simulated</password>${more}</Login>`;
const content =
  '<RetrieveServiceContent xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this></RetrieveServiceContent>';
const snapshot = (vm: string, parameters: string, ns = 'urn:vim25') =>
  `<CreateSnapshot_Task xmlns="${ns}"><_this type="VirtualMachine">${vm}</_this>${parameters}</CreateSnapshot_Task>`;
const inOrder = '<name>n</name><memory>false</memory><quiesce>false</quiesce>';

describe('the simulator is as strict as a real server', () => {
  let cookie: string;
  let vm: string;
  beforeAll(async () => {
    cookie = (await call(login())).setCookie!.split(';')[0]!;
    vm = (simulator.scenarios.runsForever().target as { value: string }).value;
  });

  it('takes a correct call', async () => {
    expect(cookie).toMatch(/^vmware_soap_session="[^"]+"$/);
    expect(await call(snapshot(vm, inOrder), { cookie })).toMatchObject({
      status: 200,
      text: expect.stringContaining('type="Task"'),
    });
  });

  it.each([
    ['VS-17 the wrong order', snapshot('VM', '<memory>false</memory><name>n</name><quiesce>false</quiesce>')],
    ['a missing parameter', snapshot('VM', '<name>n</name><memory>false</memory>')],
    ['an unknown parameter', snapshot('VM', `${inOrder}<depth>1</depth>`)],
    ['VS-18 another namespace', snapshot('VM', inOrder, 'urn:vim2')],
    [
      'a foreign namespace inside',
      snapshot('VM', '<name xmlns="urn:x">n</name><memory>false</memory><quiesce>false</quiesce>'),
    ],
    ['no _this', '<CreateSnapshot_Task xmlns="urn:vim25"><name>n</name></CreateSnapshot_Task>'],
    ['two methods', content + content],
    ['a DOCTYPE', '<!DOCTYPE x>'],
  ])('refuses %s', async (_what, body) => {
    expect(await call(body.replace('VM', vm), { cookie })).toMatchObject({ status: 500, fault: 'InvalidRequest' });
  });

  it.each(['', 'PowerOn', 'urn:vim25/9.0.0.0', 'urn:internalvim25/8.0'])(
    'VS-18 refuses the SOAPAction %j',
    async (action) => {
      expect(await call(content, { action })).toMatchObject({ status: 500, fault: 'InvalidRequest' });
    },
  );

  it('VS-20 knows a cookie by its quotes', async () => {
    expect(await call(snapshot(vm, inOrder), { cookie: cookie.replaceAll('"', '') })).toMatchObject({
      fault: 'NotAuthenticated',
    });
  });

  it('VS-19 refuses a login over a live session, and one with a wrong name', async () => {
    expect(await call(login(), { cookie })).toMatchObject({ fault: 'InvalidLogin' });
    expect(await call(login('nobody'))).toMatchObject({ fault: 'InvalidLogin' });
    expect(await call(login(undefined, '<locale>tlh</locale>'))).toMatchObject({ fault: 'InvalidLocale' });
  });

  it('tells nothing without a session but where the singletons are', async () => {
    expect(await call(content)).toMatchObject({ status: 200 });
    expect(await call(snapshot(vm, inOrder))).toMatchObject({ fault: 'NotAuthenticated' });
  });

  it('answers POST on /sdk only', async () => {
    expect((await fetch(url)).status).toBe(405);
    expect((await fetch(url.replace('/sdk', '/'), { method: 'POST' })).status).toBe(404);
  });
});

describe('tasks that a client moves', () => {
  let cookie: string;
  let vm: string;
  beforeAll(async () => {
    cookie = (await call(login())).setCookie!.split(';')[0]!;
    vm = (simulator.scenarios.succeeds(0).target as { value: string }).value;
  });

  const create = (parameters: string) =>
    call(
      `<CreateTask xmlns="urn:vim25"><_this type="TaskManager">TaskManager</_this><obj type="VirtualMachine">${vm}</obj>${parameters}</CreateTask>`,
      { cookie },
    );
  const created = async () => {
    const { text } = await create('<taskTypeId>com.example.backup</taskTypeId><cancelable>true</cancelable>');
    return /<key>([^<]+)/.exec(text)![1]!;
  };
  const on = (task: string, method: string, parameters: string) =>
    call(`<${method} xmlns="urn:vim25"><_this type="Task">${task}</_this>${parameters}</${method}>`, { cookie });
  const set = (task: string, state: string, more = '') => on(task, 'SetTaskState', `<state>${state}</state>${more}`);
  const progress = (task: string, percent: number) =>
    on(task, 'UpdateProgress', `<percentDone>${percent}</percentDone>`);
  const fault = (type: string) => `<fault><fault xsi:type="${type}"/><localizedMessage>no</localizedMessage></fault>`;

  it('are made with a TaskInfo as the answer, of registered types only, in declared order', async () => {
    const { text } = await create('<taskTypeId>com.example.backup</taskTypeId><cancelable>true</cancelable>');
    expect(text).toMatch(/<descriptionId>com.example.backup<.*<state>queued</);
    expect(text).not.toContain('<name>');
    expect(await create('<taskTypeId>other</taskTypeId><cancelable>true</cancelable>')).toMatchObject({
      fault: 'InvalidArgument',
    });
    expect(await create('<cancelable>true</cancelable><taskTypeId>com.example.backup</taskTypeId>')).toMatchObject({
      fault: 'InvalidRequest',
    });
  });

  it('take progress only while running', async () => {
    const task = await created();
    expect(await progress(task, 10)).toMatchObject({ fault: 'InvalidState' });
    expect(await set(task, 'running')).toMatchObject({ status: 200 });
    expect(await set(task, 'running')).toMatchObject({ status: 200 });
    expect(await progress(task, 150)).toMatchObject({ status: 200 });
    expect(await set(task, 'success')).toMatchObject({ status: 200 });
    expect(await progress(task, 10)).toMatchObject({ fault: 'InvalidState' });
    expect(await set(task, 'running')).toMatchObject({ fault: 'InvalidState' });
    const late = '<description><key>x</key><message>late</message></description>';
    expect(await on(task, 'SetTaskDescription', late)).toMatchObject({ status: 200 });
  });

  it.each([
    ['a result while running', 'running', '<result xsi:type="xsd:string">x</result>', 'InvalidState'],
    ['a result with an error', 'error', '<result xsi:type="xsd:string">x</result>', 'InvalidState'],
    ['a fault with a success', 'success', fault('Timedout'), 'InvalidState'],
    ['VS-17 a result without a type', 'success', '<result>x</result>', 'InvalidRequest'],
    ['a RuntimeFault', 'error', fault('RequestCanceled'), 'InvalidArgument'],
    ['no state of the API', 'cancelled', '', 'InvalidRequest'],
  ])('refuse %s', async (_what, state, more, type) => {
    expect(await set(await created(), state, more)).toMatchObject({ status: 500, fault: type });
  });

  it('are the only ones that a client moves', async () => {
    const { text } = await call(snapshot(vm, inOrder), { cookie });
    const own = /type="Task">([^<]+)/.exec(text)![1]!;
    expect(await set(own, 'success')).toMatchObject({ fault: 'NotSupported' });
  });
});
