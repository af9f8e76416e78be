import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HttpFailure } from '../../../shared/http/client.ts';
import type { Observation } from '../../../shared/job/outcome.ts';
import { connectionOf, scripted } from './connection.ts';
import { fixture } from './fixture.ts';
import { type Answer, jobOf, loggedIn, lookThrough, signal } from './rig.ts';

describe('odd answers', () => {
  it('VS-20 sends the cookie back byte for byte, and the latest one', async () => {
    const http = loggedIn((_method, _body, count) => ({
      body: fixture('several-tasks'),
      ...(count === 1 && { headers: { 'set-cookie': 'vmware_soap_session="c2"; Path=/' } }),
    }));
    const through = connectionOf({ http });
    await lookThrough(through, jobOf({ task: 'task-68' }));
    await lookThrough(through, jobOf({ task: 'task-68' }));
    const cookies = http.asked.map((it) => `${it.method} ${it.headers.cookie ?? '-'}`);
    expect(cookies).toEqual([
      'RetrieveServiceContent -',
      'Login -',
      'RetrievePropertiesEx vmware_soap_session="a=b"',
      'RetrievePropertiesEx vmware_soap_session="c2"',
    ]);
    expect(http.asked[2]!.headers.soapaction).toBe('"urn:vim25/6.5"');
  });

  it.each([
    ['a redirect', { status: 302, headers: { location: 'https://elsewhere/' } }, 'permanent', 'HTTP 302'],
    ['400 without SOAP', { status: 400 }, 'permanent', 'HTTP 400'],
    ['404', { status: 404 }, 'transient', 'HTTP 404'],
    ['405', { status: 405 }, 'permanent', 'HTTP 405'],
    ['500 with a page', { status: 500, body: '<html><body/></html>' }, 'transient', 'HTTP 500'],
    ['502', { status: 502 }, 'transient', 'HTTP 502'],
    ['504', { status: 504 }, 'transient', 'HTTP 504'],
    [
      'VS-02 RequestCanceled of our own call',
      { status: 500, body: fixture('fault-request-canceled') },
      'transient',
      'RequestCanceled',
    ],
    ['an answer to another question', { body: fixture('login') }, 'transient', 'HTTP 200'],
    [
      'SOAP without a body',
      { body: '<e xmlns="http://schemas.xmlsoap.org/soap/envelope/"/>' },
      'transient',
      'HTTP 200',
    ],
    ['a certificate nobody trusts', new HttpFailure('tls', false, 'self-signed'), 'permanent', 'http.tls'],
    ['a name that does not resolve', new HttpFailure('dns', false, 'no such host'), 'transient', 'http.dns'],
  ] as [string, Answer, string, string][])('%s', async (_what, answer, kind, code) => {
    const outcome = await lookThrough(connectionOf({ http: loggedIn(() => answer) }), jobOf({ task: 'task-68' }));
    expect(outcome).toMatchObject({ kind, code });
  });

  it('reads five recorded tasks from one answer', async () => {
    const through = connectionOf({ http: loggedIn(() => ({ body: fixture('several-tasks') })) });
    const jobs = ['task-68', 'task-69', 'task-70', 'task-71'].map((task) => jobOf({ task }));
    const outcomes = await through.check(jobs, { signal });
    expect(jobs.map((job) => (outcomes.get(job.id) as Observation).status)).toEqual([
      'SUCCEEDED',
      'FAILED',
      'QUEUED',
      'QUEUED',
    ]);
  });

  it("a withheld info is an operator's matter, a broken one is not", async () => {
    const withheld = (type: string) =>
      fixture('answer-missing-set-not-authenticated').replace('NotAuthenticated', type);
    const outcomeOf = (type: string) =>
      lookThrough(connectionOf({ http: loggedIn(() => ({ body: withheld(type) })) }), jobOf({ task: 'task-68' }));
    expect(await outcomeOf('NoPermission')).toMatchObject({ kind: 'permanent', code: 'NoPermission' });
    expect(await outcomeOf('SystemError')).toMatchObject({ kind: 'transient', code: 'SystemError' });
  });

  it('VS-30 an answer that is too large is asked for in halves, then without the result', async () => {
    const big = (body: string) =>
      (body.match(/<objectSet>/g) ?? []).length > 1 ||
      (body.includes('task-70') && body.includes('<pathSet>info</pathSet>'));
    const http = loggedIn((_method, body) =>
      big(body) ? new HttpFailure('too_large', true, 'too large') : { body: answerTo(body) },
    );
    const jobs = ['task-68', 'task-69', 'task-70'].map((task) => jobOf({ task }));
    const outcomes = await connectionOf({ http }).check(jobs, { signal });
    expect(jobs.map((job) => (outcomes.get(job.id) as Observation).status)).toEqual(['SUCCEEDED', 'FAILED', 'RUNNING']);
  });

  /** Of the recorded tasks those that were asked for; narrow paths say that it is running. */
  function answerTo(body: string): string {
    if (!body.includes('<pathSet>info</pathSet>')) {
      const property = (name: string, value: string) =>
        `<propSet><name>info.${name}</name><val>${value}</val></propSet>`;
      return fixture('answer-empty').replace(
        '<returnval></returnval>',
        `<returnval><objects><obj type="Task">task-70</obj>${property('key', 'task-70')}${property('state', 'running')}</objects></returnval>`,
      );
    }
    const id = /task-\d+/.exec(body)![0];
    return fixture('several-tasks').replace(/<objects>.*?<\/objects>/g, (entry) =>
      entry.includes(`>${id}</obj>`) ? entry : '',
    );
  }

  it('uses the singletons of the server, not names of its own', async () => {
    const http = scripted((method) => {
      if (method === 'RetrieveServiceContent') return { body: fixture('service-content-esxi') };
      if (method === 'Login') return { body: fixture('login'), headers: { 'set-cookie': 'vmware_soap_session=plain' } };
      return { body: fixture('several-tasks') };
    });
    await lookThrough(connectionOf({ http }), jobOf({ task: 'task-68' }));
    expect(http.asked[1]!.body).toContain('<_this type="SessionManager">ha-sessionmgr</_this>');
    expect(http.asked[2]!.body).toContain('<_this type="PropertyCollector">ha-property-collector</_this>');
  });

  it('reads the service content again when the server does not know a singleton', async () => {
    const wrong = fixture('fault-managed-object-not-found').replace(
      'type="Task">task-68',
      'type="PropertyCollector">propertyCollector',
    );
    const http = loggedIn((_method, _body, count) =>
      count === 1 ? { status: 500, body: wrong } : { body: fixture('several-tasks') },
    );
    expect(await lookThrough(connectionOf({ http }), jobOf({ task: 'task-68' }))).toMatchObject({ kind: 'observed' });
    expect(http.asked.map((it) => it.method)).toEqual([
      'RetrieveServiceContent',
      'Login',
      'RetrievePropertiesEx',
      'RetrieveServiceContent',
      'RetrievePropertiesEx',
    ]);
  });
});

describe('no answer ends a job that does not say so', () => {
  const look = (answer: Answer) =>
    lookThrough(connectionOf({ http: loggedIn(() => answer) }), jobOf({ task: 'task-68' }));

  it('half of an answer is none, wherever it is cut', async () => {
    const whole = fixture('task-success-progress-90').trimEnd();
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 1 }), async (length) => {
        expect((await look({ body: whole.slice(0, length) })).kind).toBe('transient');
      }),
    );
    expect(await look({ body: whole })).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('nonsense of any status is a failure of the look', async () => {
    const body = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('<a/>', '{}', fixture('login'), fixture('answer-empty').replace('Body', 'body')),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 200, max: 599 }), body, async (status, text) => {
        expect((await look({ status, body: text })).kind).toMatch(/^(transient|permanent)$/);
      }),
    );
  });
});
