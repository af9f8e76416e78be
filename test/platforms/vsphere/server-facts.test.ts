import { afterEach, describe, expect, it } from 'vitest';
import { fetchHttpClient } from '../../support/fetch-http.ts';
import { connectionOf } from './connection.ts';
import { fixture } from './fixture.ts';
import { acceptedJob, jobOf, loggedIn, lookThrough, type Rig, signal, startRig } from './rig.ts';

const powerOn = { operation: 'PowerOnVM_Task', target: { type: 'VirtualMachine', value: 'vm-57' } };
const REFUSED = [
  'Unsupported version URI "urn:vim25/6.5"&#xA;&#xA;while parsing SOAP body',
  'Unsupported namespace "urn:vim25" in content of SOAP body',
  "Request version 'urn:vim25/6.5' and namespace 'urn:vim25' are not supported",
];

const fault = (text: string, detail = '<InvalidRequestFault xmlns="urn:vim25" xsi:type="InvalidRequest"/>') => ({
  status: 500,
  body: fixture('login-refused')
    .replace(/<faultstring>[^<]*/, `<faultstring>${text}`)
    .replace(/<detail>.*<\/detail>/s, detail && `<detail>${detail}</detail>`),
});
const NOT_SUPPORTED = '<NotSupportedFault xmlns="urn:vim25" xsi:type="NotSupported"/>';
const SESSION =
  '<returnval><objects><obj type="SessionManager">SessionManager</obj><propSet><name>currentSession</name><val><key>k</key></val></propSet></objects></returnval>';
const answer = (method: string, values: string) => ({
  body: fixture('answer-empty').replace('<returnval></returnval>', values).replaceAll('RetrievePropertiesEx', method),
});

describe('what is known of a server does not outlive the server', () => {
  let rig: Rig | undefined;
  afterEach(() => rig?.simulator.close());

  it('an older one behind the same name is polled and takes submits with the next call, by a new login', async () => {
    rig = await startRig({ apiVersion: '8.0.3.0' });
    const http = fetchHttpClient();
    // The name stays, what it leads to does not.
    const named = {
      request: (request: Parameters<typeof http.request>[0]) => http.request({ ...request, url: rig!.url }),
    };
    const connection = connectionOf({ http: named });
    const submit = () => connection.submit(rig!.simulator.scenarios.succeeds(60), undefined, { signal });
    expect(await submit()).toMatchObject({ kind: 'accepted' });
    await rig.simulator.close();
    rig = await startRig({ apiVersion: '7.0.3.0' });
    expect(await submit()).toMatchObject({ kind: 'accepted' });
    const { handle } = connection.adopt(rig.simulator.scenarios.adopts(60));
    expect(await lookThrough(connection, jobOf(handle))).toMatchObject({ kind: 'observed' });
    expect(rig.simulator.calls).toMatchObject({ Login: 1, RetrieveServiceContent: 2 });
  });

  it.each(REFUSED.flatMap((text) => [[text, undefined] as const, [text, ''] as const]))(
    'the API version is read anew once and the poll repeated: %s (detail %s)',
    async (text, detail) => {
      let version = '6.5';
      const http = loggedIn((_method, _body, count) => {
        version = '6.0';
        return count === 1 ? fault(text, detail) : { body: fixture('several-tasks') };
      });
      const client = {
        request: async (request: Parameters<typeof http.request>[0]) => {
          const answer = await http.request(request);
          return { ...answer, body: answer.body.replace('<apiVersion>6.5<', `<apiVersion>${version}<`) };
        },
      };
      expect(await lookThrough(connectionOf({ http: client }), jobOf({ task: 'task-68' }))).toMatchObject({
        kind: 'observed',
      });
      const asked = http.asked.map(({ method, headers }) => `${method} ${headers.soapaction}`);
      expect(asked).toEqual([
        'RetrieveServiceContent "urn:vim25/6.0"',
        'Login "urn:vim25/6.5"',
        'RetrievePropertiesEx "urn:vim25/6.5"',
        'RetrieveServiceContent "urn:vim25/6.0"',
        'RetrievePropertiesEx "urn:vim25/6.0"',
      ]);
    },
  );

  it('a version that stays refused is the connection’s fault: repeating the submit is safe once it is repaired', async () => {
    const http = loggedIn(() => fault(REFUSED[0]!));
    const connection = connectionOf({ http, options: { apiVersion: '9.0' } });
    expect(await connection.submit(powerOn, undefined, { signal })).toMatchObject({
      kind: 'unavailable',
      error: {
        code: 'UnsupportedVimApiVersion',
        retryable: false,
        message: expect.stringContaining("leave out the connection's apiVersion"),
      },
    });
    expect(http.asked.filter(({ method }) => method === 'PowerOnVM_Task')).toHaveLength(2);
  });

  it('a request that is wrong in itself is not repeated at a server that is still the same', async () => {
    const http = loggedIn(() => fault('Unexpected element tag "x" seen'));
    expect(await connectionOf({ http }).submit(powerOn, undefined, { signal })).toMatchObject({
      kind: 'refused',
      error: { code: 'InvalidRequest' },
    });
    expect(http.asked.filter(({ method }) => method === 'PowerOnVM_Task')).toHaveLength(1);
  });

  it('where the facts cannot be read anew, a submit that was not understood has started nothing', async () => {
    let reads = 0;
    const http = loggedIn(() => fault(REFUSED[0]!));
    const client = {
      request: async (request: Parameters<typeof http.request>[0]) =>
        String(request.body).includes('RetrieveServiceContent') && ++reads === 2
          ? { status: 503, headers: {}, body: '' }
          : http.request(request),
    };
    expect(await connectionOf({ http: client }).submit(powerOn, undefined, { signal })).toMatchObject({
      kind: 'unavailable',
      error: { code: 'HTTP 503' },
    });
  });

  it('jobs of a vCenter that is behind the name again are polled again, after a minute', async () => {
    const OWN = 'dbed6e0c-bd88-4ef6-b594-21283e1c677f';
    let uuid = 'another';
    let now = 0;
    const http = loggedIn(() => ({ body: fixture('several-tasks') }));
    const client = {
      request: async (request: Parameters<typeof http.request>[0]) => {
        const answer = await http.request(request);
        return { ...answer, body: answer.body.replace(OWN, uuid) };
      },
    };
    const connection = connectionOf({ http: client, now: () => now });
    const job = jobOf({ task: 'task-68', instanceUuid: OWN });
    const cancel = () => connection.cancel!(job, { signal });
    expect(await lookThrough(connection, job)).toMatchObject({ kind: 'permanent', code: 'OtherServer' });
    uuid = OWN;
    now = 59_000;
    expect(await lookThrough(connection, job)).toMatchObject({ code: 'OtherServer' });
    expect(await cancel()).toMatchObject({ code: 'OtherServer' });
    expect(http.asked.filter(({ method }) => method === 'RetrieveServiceContent')).toHaveLength(1);
    now = 60_000;
    expect(await lookThrough(connection, job)).toMatchObject({ kind: 'observed' });
    expect(http.asked.filter(({ method }) => method === 'RetrieveServiceContent')).toHaveLength(2);
  });
});

describe('the clock of the server is measured', () => {
  it.each([65, -65, 600])('%i minutes ahead: a task that was gone before the first poll is found', async (minutes) => {
    const rig = await startRig({ clockAheadSeconds: minutes * 60 });
    try {
      const connection = connectionOf({ http: fetchHttpClient(), url: rig.url });
      const outcome = await connection.submit(rig.simulator.scenarios.fails(0), undefined, { signal });
      const job = acceptedJob(outcome);
      rig.simulator.forget(job.handle.task as string);
      expect(await lookThrough(connection, job)).toMatchObject({ kind: 'observed', status: 'FAILED' });
    } finally {
      await rig.simulator.close();
    }
  });

  it.each([
    ['one that is two hours ahead', '2026-11-21T04:00:00Z', '2026-11-21T03:50:00.000Z'],
    ['one that writes its time in a zone', '2026-11-21T09:00:00+07:00', '2026-11-21T01:50:00.000Z'],
    ['one that does not tell its time is taken to have ours', undefined, '2026-11-21T01:50:00.000Z'],
  ])('%s', async (_what, time, begin) => {
    const http = loggedIn((method, body) => {
      if (method === 'CurrentTime')
        return time ? answer(method, `<returnval>${time}</returnval>`) : fault('no', NOT_SUPPORTED);
      if (method === 'CreateCollectorForTasks')
        return answer(method, '<returnval type="TaskHistoryCollector">c</returnval>');
      return answer(method, body.includes('currentSession') ? SESSION : '');
    });
    const sentAt = Date.parse('2026-11-21T02:00:00Z');
    const job = jobOf({ task: 'task-1', target: powerOn.target, sentAt });
    expect(await lookThrough(connectionOf({ http, now: () => sentAt }), job)).toMatchObject({ kind: 'not_found' });
    const filter = http.asked.find(({ method }) => method === 'CreateCollectorForTasks')!.body;
    expect(filter).toContain(`<beginTime>${begin}</beginTime>`);
  });

  it('is not asked for where the time of the task on it is known', async () => {
    const rig = await startRig();
    try {
      const job = await rig.looked(await rig.submitted(rig.simulator.scenarios.succeeds(0)));
      rig.simulator.forget(job.handle.task as string);
      expect(await rig.look(job)).toMatchObject({ status: 'SUCCEEDED' });
      expect(rig.simulator.calls.CurrentTime).toBeUndefined();
    } finally {
      await rig.simulator.close();
    }
  });
});
