import { describe, expect, it } from 'vitest';
import { HttpFailure } from '../../../shared/http/client.ts';
import { connectionOf, scripted } from './connection.ts';
import { fixture } from './fixture.ts';
import { type Answer, jobOf, loggedIn, lookThrough, signal } from './rig.ts';

const COOKIE = { 'set-cookie': ['vmware_soap_session="a=b"; Path=/; HttpOnly; Secure'] };
const noPermission = fixture('fault-not-authenticated')
  .replace('NotAuthenticatedFault', 'NoPermissionFault')
  .replace('/NotAuthenticatedFault', '/NoPermissionFault')
  .replace('type="NotAuthenticated"', 'type="NoPermission"');

const goodbyes = (http: ReturnType<typeof scripted>) =>
  http.asked.filter(({ method }) => method === 'Logout').map(({ headers }) => headers.cookie);

describe('a check of the connection leaves no session behind', () => {
  it.each([
    ['is refused', { status: 500, body: noPermission }, 'NoPermission'],
    ['meets a gateway that is away', { status: 503 }, 'HTTP 503'],
    ['is answered with a web page', { body: '<html/>' }, 'HTTP 200'],
    ['is cut off', new HttpFailure('reset', true, 'reset'), 'http.reset'],
    ['is answered with nothing', { body: fixture('answer-empty') }, 'NotAuthenticated'],
  ] as [string, Answer, string][])('where the read after the login %s', async (_what, answer, code) => {
    const http = loggedIn((method) => (method === 'Logout' ? { body: fixture('answer-empty') } : answer));
    expect(await connectionOf({ http }).probe!({ signal })).toMatchObject({ code });
    const logins = http.asked.filter(({ method }) => method === 'Login').length;
    expect(goodbyes(http)).toEqual(Array(logins).fill('vmware_soap_session="a=b"'));
  });

  it('thirty of them leave none', async () => {
    const http = loggedIn(() => ({ status: 503 }));
    const connection = connectionOf({ http });
    for (let n = 0; n < 30; n++) await connection.probe!({ signal });
    expect(goodbyes(http)).toHaveLength(30);
  });

  it('whose time is over during the login: it is given back when it comes', async () => {
    const caller = new AbortController();
    let answered = () => {};
    const login = new Promise<void>((resolve) => {
      answered = resolve;
    });
    const loggedOut = Promise.withResolvers<void>();
    const inner = loggedIn(() => ({ body: fixture('answer-empty') }));
    const http = {
      request: async (request: Parameters<typeof inner.request>[0]) => {
        if (String(request.body).includes('<Login')) {
          caller.abort();
          await login;
        }
        if (String(request.body).includes('<Logout')) loggedOut.resolve();
        return inner.request(request);
      },
    };
    expect(await connectionOf({ http }).probe!({ signal: caller.signal })).toMatchObject({ code: 'http.aborted' });
    answered();
    await loggedOut.promise;
  });
});

const UNTYPED =
  '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><S:Fault><faultcode>ServerFaultCode</faultcode><faultstring>The session is not authenticated.</faultstring></S:Fault></S:Body></S:Envelope>';

describe('a session that is not used any more is given back', () => {
  it('where the answer to the login cannot be read', async () => {
    const http = scripted((method) => {
      if (method === 'RetrieveServiceContent') return { body: fixture('service-content') };
      return method === 'Login' ? { body: '<cut', headers: COOKIE } : { body: fixture('answer-empty') };
    });
    expect(await lookThrough(connectionOf({ http }), jobOf({ task: 'task-68' }))).toMatchObject({ code: 'HTTP 200' });
    expect(goodbyes(http)).toEqual(['vmware_soap_session="a=b"']);
  });

  it.each([
    ['a bare 401 of a proxy', { status: 401 }],
    ['a false NotAuthenticated', { status: 500, body: fixture('fault-not-authenticated') }],
    ['a fault that says so without a type', { status: 500, body: UNTYPED }],
    ['properties that are withheld', { body: fixture('answer-missing-set-not-authenticated') }],
  ] as [string, Answer][])('where it is renewed after %s', async (_what, answer) => {
    const http = loggedIn((method, _body, count) =>
      method === 'RetrievePropertiesEx' && count === 1 ? answer : { body: fixture('several-tasks') },
    );
    const connection = connectionOf({ http });
    const jobs = ['task-68', 'task-69', 'task-70'].map((task) => jobOf({ task }));
    await Promise.all(jobs.map((job) => lookThrough(connection, job)));
    expect(http.asked.filter(({ method }) => method === 'Login')).toHaveLength(2);
    expect(goodbyes(http)).toEqual(['vmware_soap_session="a=b"']);
  });

  it.each([302, 307, 440])(
    'a gateway that sends a poll of an old session away with %i has it renewed once',
    async (status) => {
      let ended = false;
      const http = loggedIn((method) =>
        method === 'RetrievePropertiesEx' && ended ? { status } : { body: fixture('several-tasks') },
      );
      const connection = connectionOf({ http });
      const job = jobOf({ task: 'task-68' });
      expect((await lookThrough(connection, job)).kind).toBe('observed');
      ended = true;
      expect(await lookThrough(connection, job)).toMatchObject({ code: `HTTP ${status}` });
      expect(http.asked.filter(({ method }) => method === 'Login')).toHaveLength(2);
      expect(await lookThrough(connection, job)).toMatchObject({ code: `HTTP ${status}` });
      expect(http.asked.filter(({ method }) => method === 'Login')).toHaveLength(2);
    },
  );

  it('but not after a refused login, which opened none', async () => {
    const http = scripted((method) =>
      method === 'RetrieveServiceContent'
        ? { body: fixture('service-content') }
        : { status: 500, body: fixture('login-refused'), headers: COOKIE },
    );
    expect(await connectionOf({ http }).probe!({ signal })).toMatchObject({ code: 'InvalidLogin' });
    expect(goodbyes(http)).toEqual([]);
  });
});
