import { describe, expect, it } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../shared/http/client.ts';
import { adapter } from '../../../shared/platforms/bmc/index.ts';
import { RUNNING, started } from './documents.ts';
import { POWER_OFF, signal } from './rig.ts';
import { outputs, SECRET } from './scripted.ts';

const PAGE =
  '<!DOCTYPE html><html><head><title>Sign on</title></head><body><form><input name="p" type="password"></form>';

/** How servers, and the sign-on servers in front of them, answer a call with a token that is not taken any more. */
const FORMS: [name: string, answer: Partial<HttpResponse>][] = [
  ['401', { status: 401 }],
  ['401 with a text', { status: 401, body: '{"errorMessage":"Authentication token is invalid"}' }],
  [
    'a redirect to the sign-on page',
    { status: 302, headers: { location: 'https://sso.example.com/atriumsso/UI/Login' } },
  ],
  ['303', { status: 303, headers: { location: '/login.jsp' } }],
  ['307', { status: 307, headers: { location: '/login.jsp' } }],
  ['403 that says so', { status: 403, body: '{"errorMessage":"Session has expired"}' }],
  ['403 that says nothing', { status: 403, body: '' }],
  ['403 with a page', { status: 403, body: PAGE }],
  ['400 that says so', { status: 400, body: 'Invalid session token' }],
  ['419', { status: 419 }],
  ['440', { status: 440, body: 'Login Timeout' }],
  ['a login page with 200', { body: PAGE }],
  [
    'an error with 200',
    { body: '{"errorCode":1207,"errorMessage":"The session has timed out. Please log in again."}' },
  ],
  ['the answer of a login', { body: '{"login":"false"}' }],
  ['500 that says so', { status: 500, body: 'java.lang.Exception: Session not found or expired' }],
];

/** A server that hands out tokens, and answers as told to those that have ended. */
function server(answer: Partial<HttpResponse>, ended: (token: string) => boolean) {
  const state = { logins: 0, calls: 0, out: [] as string[], now: 1e12, answer };
  const http = {
    async request({ url, headers }: HttpRequest): Promise<HttpResponse> {
      const given = (response: Partial<HttpResponse>) => ({ status: 200, headers: {}, body: '', ...response });
      const token = headers?.['authentication-token'] ?? '';
      if (url.endsWith('/login'))
        return given({ headers: { 'authentication-token': `token-${++state.logins}` }, body: '{"login":"true"}' });
      if (url.endsWith('/logout')) {
        state.out.push(token);
        return given({});
      }
      state.calls++;
      if (ended(token)) return given(state.answer);
      return given(
        String(url).includes('execute') && isSubmit
          ? (outputs(started('task-9')) as Partial<HttpResponse>)
          : (outputs(RUNNING) as Partial<HttpResponse>),
      );
    },
  };
  let isSubmit = false;
  const connection = adapter.connect({
    name: 'bmc/test',
    options: adapter.options.parse({
      url: 'https://cdp.example.com/baocdp/rest',
      secret: 's',
      process: ':P',
      adapter: 'VMwareInfra',
    }),
    secret: async () => SECRET,
    http,
    now: () => state.now,
    random: () => 0,
    log: { debug() {}, info() {}, warn() {} },
  });
  const job = {
    id: 'j',
    operation: 'Power_Off_VM',
    createdAt: 0,
    handle: { adapter: 'VMwareInfra', task: 'task-710' },
  };
  const poll = async () => (await connection.check([job], { signal })).get('j')!;
  const submit = async () => {
    isSubmit = true;
    const outcome = await connection.submit(POWER_OFF, undefined, { signal });
    isSubmit = false;
    return outcome;
  };
  return { state, poll, submit, connection };
}

describe.each(FORMS)('a session that ends with %s', (_name, answer) => {
  it('costs a poll one new login, and no more', async () => {
    let old = '';
    const { state, poll } = server(answer, (token) => token === old);
    expect((await poll()).kind).toBe('observed');
    old = 'token-1';
    expect((await poll()).kind).toBe('observed');
    expect(state.logins).toBe(2);
    expect((await poll()).kind).toBe('observed');
    expect(state.logins).toBe(2);
  });

  it('is not taken for one when the new session is answered the same', async () => {
    let all = false;
    const { state, poll } = server(answer, () => all);
    await poll();
    all = true;
    for (let n = 0; n < 3; n++) expect((await poll()).kind).not.toBe('observed');
    expect(state.logins).toBe(2);
  });

  it('is noticed also where no call of it had worked yet', async () => {
    let ended = (_token: string) => true;
    const { state, poll } = server(answer, (token) => ended(token));
    await poll();
    state.now += 3_600_000;
    const before = state.logins;
    ended = (token) => token === `token-${before}`;
    expect((await poll()).kind).toBe('observed');
  });
});

it.each([302, 403, 401])(
  'a submit is made once more after a new login where HTTP %i says that it was not made',
  async (status) => {
    let old = '';
    const { submit, poll } = server({ status }, (token) => token === old);
    await poll();
    old = 'token-1';
    expect(await submit()).toMatchObject({ kind: 'accepted', platformJobId: 'task-9' });
  },
);

it.each([
  ['a login page with 200', { body: PAGE }],
  ['500 that says so', { status: 500, body: 'Session expired' }],
])('a submit that is answered with %s is not repeated, it may have been made', async (_name, answer) => {
  let old = '';
  const { state, submit, poll } = server(answer, (token) => token === old);
  await poll();
  old = 'token-1';
  const calls = state.calls;
  expect((await submit()).kind).toBe('unknown');
  expect(state.calls).toBe(calls + 1);
  expect((await poll()).kind).toBe('observed');
});

it('words of vCenter among the outputs are not those of our own session', async () => {
  const { state, poll } = server(
    outputs(
      '<vmware-infrastructure-response><metadata><status>error</status><error>The session is not authenticated.</error></metadata></vmware-infrastructure-response>',
    ) as Partial<HttpResponse>,
    () => true,
  );
  for (let n = 0; n < 3; n++) expect(await poll()).toMatchObject({ kind: 'transient', code: 'NotAuthenticated' });
  expect(state.logins).toBe(1);
});

it.each([
  ['that is well', () => false],
  ['whose read fails', (token: string) => token !== ''],
])('a check %s gives back the session that it opened', async (_name, ended) => {
  const { state, connection } = server({ status: 500, body: 'peer down' }, ended);
  for (let n = 0; n < 3; n++) await connection.probe!({ signal });
  expect(state.logins).toBe(3);
  expect(state.out).toEqual(['token-1', 'token-2', 'token-3']);
});
