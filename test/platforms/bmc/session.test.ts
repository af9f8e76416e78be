import { afterEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../infra/local/simulators/simulator.ts';
import type { HttpRequest } from '../../../shared/http/client.ts';
import { started } from './documents.ts';
import { POWER_OFF, type Rig, signal, startRig } from './rig.ts';
import { connectionOf, outputs, scripted } from './scripted.ts';

const open: Rig[] = [];
const rigOf = async (options: Parameters<typeof startRig>[0] = {}) => {
  const rig = await startRig(options);
  open.push(rig);
  return rig;
};
afterEach(() => Promise.all(open.splice(0).map(({ simulator }) => simulator.close())));

describe('the login of REST', () => {
  it('is made once for callers that come together, and kept', async () => {
    const rig = await rigOf();
    const bodies = Array.from({ length: 10 }, () => rig.simulator.scenarios.runsForever());
    const jobs = await Promise.all(bodies.map((body) => rig.started(body)));
    for (const job of jobs) await rig.look(job);
    expect(rig.simulator.calls.login).toBe(1);
  });

  it('is renewed once for all, and each call repeated', async () => {
    const rig = await rigOf();
    const bodies = Array.from({ length: 10 }, () => rig.simulator.scenarios.runsForever());
    const jobs = await Promise.all(bodies.map((body) => rig.started(body)));
    rig.simulator.expireSessions();
    const outcomes = await Promise.all(jobs.map((job) => rig.look(job)));
    expect(outcomes.every((it) => it.kind === 'observed')).toBe(true);
    expect(rig.simulator.calls.login).toBe(2);
  });

  it('an expired token does not keep a submit from its one execution', async () => {
    const rig = await rigOf();
    await rig.started(rig.simulator.scenarios.runsForever());
    rig.simulator.expireSessions();
    expect(await rig.submit(rig.simulator.scenarios.runsForever())).toMatchObject({ platformJobId: 'task-702' });
  });

  it('BMC-B11 the token is in the header; "login": "true" proves nothing', async () => {
    const rig = await rigOf({ settings: { token: 'nowhere' } });
    const outcome = await rig.submit(rig.simulator.scenarios.succeeds(1));
    expect(outcome).toMatchObject({ kind: 'unavailable', error: { code: 'NoToken' } });
    // And it is not asked for again with every look.
    await rig.submit(rig.simulator.scenarios.succeeds(1));
    expect(rig.simulator.calls).toEqual({ login: 1 });
  });

  it('BMC-B11 newer versions may have it in a cookie', async () => {
    const rig = await rigOf({ settings: { token: 'cookie' } });
    expect(await rig.submit(rig.simulator.scenarios.succeeds(1))).toMatchObject({ kind: 'accepted' });
  });

  it('a password that was changed a moment ago is read again', async () => {
    const rig = await rigOf();
    rig.simulator.rotatePassword();
    const bodies = [1, 2, 3].map(() => rig.simulator.scenarios.succeeds(1));
    const outcomes = await Promise.all(bodies.map((body) => rig.submit(body)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(rig.secrets.fresh).toBe(1);
    expect(rig.simulator.calls.login).toBe(2);
  });

  it('a rejected password rests for five minutes, unless the store has another', async () => {
    const rig = await rigOf();
    const job = rig.refOf({ adapter: 'VMwareInfra', task: 'task-1' });
    const real = rig.simulator.secret.password!;
    rig.secrets.cached = { ...rig.simulator.secret, password: 'wr0ng' };
    rig.secrets.fromStore = 'wr0ng';
    for (let n = 0; n < 3; n++) expect(await rig.look(job)).toMatchObject({ kind: 'permanent', code: 'HTTP 401' });
    expect(rig.simulator.calls).toEqual({ login: 1 });
    rig.after(301);
    await rig.look(job);
    expect(rig.simulator.calls).toEqual({ login: 2 });
    rig.secrets.cached = { ...rig.secrets.cached, password: real };
    expect(await rig.look(job)).toMatchObject({ kind: 'not_found' });
  });

  it.each(['html', 'empty', 'hang', 'truncated', 'unavailable', 'reset', 'throttled'] as Fault[])(
    '%s at the login is no verdict on job or password',
    async (fault) => {
      const rig = await rigOf();
      const job = await rig.started(rig.simulator.scenarios.runsForever());
      const late = rig.connect();
      rig.simulator.inject(fault, { call: 'login' });
      expect((await rig.look(job, late)).kind).toBe('transient');
      expect(await rig.look(job, late)).toMatchObject({ kind: 'observed' });
    },
  );

  it('a token that is refused at once is not replaced at every look', async () => {
    const rig = await rigOf();
    const job = rig.refOf({ adapter: 'VMwareInfra', task: 'task-1' });
    rig.simulator.inject('unauthorized', { count: 1000, call: 'Retrieve_Task_Status' });
    for (let n = 0; n < 5; n++) expect(await rig.look(job)).toMatchObject({ kind: 'permanent', code: 'HTTP 401' });
    expect(rig.simulator.calls.login).toBe(1);
    rig.after(61);
    await rig.look(job);
    expect(rig.simulator.calls.login).toBe(2);
  });

  it('a login page instead of a 401: the next look logs in anew', async () => {
    const rig = await rigOf();
    const job = await rig.started(rig.simulator.scenarios.runsForever());
    rig.simulator.inject('html', { call: 'Retrieve_Task_Status' });
    expect(await rig.look(job)).toMatchObject({ kind: 'transient', code: 'html' });
    expect(await rig.look(job)).toMatchObject({ kind: 'observed' });
    expect(rig.simulator.calls.login).toBe(2);
  });
});

describe('wrong passwords', () => {
  it.each([
    ['rest', 'login'],
    ['orca', 'Power_Off_VM'],
  ] as const)('over %s are tried once, however many callers there are', async (protocol, call) => {
    const rig = await rigOf({ protocol });
    const connection = connectionOf(
      { request: (request) => fetchThrough(request) },
      { ...rig.simulator.connection, protocol },
    );
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => connection.submit(POWER_OFF, undefined, { signal })),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(5).fill('unavailable'));
    expect(JSON.stringify(outcomes)).not.toContain('c4n');
    expect(rig.simulator.calls).toEqual({ [call]: 1 });
  });
});

async function fetchThrough({ method, url, headers, body }: HttpRequest) {
  const response = await fetch(url, { method, headers: headers ?? {}, ...(body && { body: String(body) }) });
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}

describe('requests of REST', () => {
  it('the name of the process is encoded, mode is always said, the token is a header', async () => {
    const http = scripted(() => outputs(started('task-1')));
    const process = ':VMware Integration:VIS:Call Adapter';
    const inputs = { adapter: 'adapter', request: 'request' };
    await connectionOf(http, { process, inputs }).submit(POWER_OFF, undefined, { signal });
    const [request] = http.asked;
    expect(request).toMatchObject({
      method: 'POST',
      url: 'https://cdp.example.com:8443/baocdp/rest/process/%3AVMware%20Integration%3AVIS%3ACall%20Adapter/execute?mode=sync',
      headers: { 'authentication-token': 'AQ/+=*', 'content-type': 'application/json' },
    });
    expect(JSON.parse(String(request!.body))).toEqual({
      inputParameters: [
        { name: 'adapter', value: 'VMwareInfra' },
        {
          name: 'request',
          value: expect.stringMatching(/^<vmware-infrastructure-request>.*<\/vmware-infrastructure-request>$/),
          type: 'xml',
        },
      ],
    });
  });
});

describe('ORCA', () => {
  it('BMC-B16 one Parameter or many, in one Output or in two', async () => {
    const parameter = (name: string, value: string) =>
      `<n:Parameter><n:Name>${name}</n:Name><n:Value>${value}</n:Value></n:Parameter>`;
    const found = parameter('adapter response', `<n:XmlDoc>${started('task-3')}</n:XmlDoc>`);
    const other = parameter('log', '<n:Text>fine</n:Text>');
    for (const inner of [
      found,
      other + found,
      `<n:Output>${other}${found}</n:Output>`,
      `<n:Output>${found}</n:Output>`,
    ]) {
      const body = `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><n:executeProcessResponse xmlns:n="http://bmc.com/ao/xsd/2008/09/soa"><n:Output>${inner}</n:Output></n:executeProcessResponse></S:Body></S:Envelope>`;
      const connection = connectionOf(
        scripted(() => ({ body })),
        { protocol: 'orca', gridName: 'G' },
      );
      expect(await connection.submit(POWER_OFF, undefined, { signal })).toMatchObject({ platformJobId: 'task-3' });
    }
  });

  it('a document as escaped text', async () => {
    const text = started('task-4').replaceAll('<', '&lt;');
    const body = `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><n:executeProcessResponse xmlns:n="http://bmc.com/ao/xsd/2008/09/soa"><n:Output><n:Parameter><n:Name>adapter response</n:Name><n:Value><n:Text>${text}</n:Text></n:Value></n:Parameter></n:Output></n:executeProcessResponse></S:Body></S:Envelope>`;
    const connection = connectionOf(
      scripted(() => ({ body })),
      { protocol: 'orca', gridName: 'G' },
    );
    expect(await connection.submit(POWER_OFF, undefined, { signal })).toMatchObject({ platformJobId: 'task-4' });
  });

  it('a fault of the service is no verdict on the submit', async () => {
    const rig = await rigOf({ protocol: 'orca', settings: { endState: 'FAILED' } });
    expect(await rig.submit(rig.simulator.scenarios.succeeds(1))).toMatchObject({
      kind: 'unknown',
      error: { code: 'SoapFault', message: expect.stringContaining('FAILED') },
    });
  });

  it('a password that was changed a moment ago is read again', async () => {
    const rig = await rigOf({ protocol: 'orca' });
    rig.simulator.rotatePassword();
    expect(await rig.submit(rig.simulator.scenarios.succeeds(1))).toMatchObject({ kind: 'accepted' });
    expect(rig.secrets.fresh).toBe(1);
  });
});
