import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { PlatformConnection } from '../../shared/platforms/adapter.ts';
import { keepConfidential } from '../../shared/platforms/confidential.ts';
import { Confidential, lastOf, shortened } from '../../shared/secrets/conceal.ts';
import { isSecretName, secretsIn } from '../../shared/secrets/secret-names.ts';
import { SILENT } from '../support/world.ts';

describe('what a connection remembers', () => {
  test('no number of sessions drives out a secret; of each cookie the newest four values are known', () => {
    const known = new Confidential();
    known.learn(['the-password']);
    const sessions = Array.from({ length: 1000 }, (_, i) => createHash('sha256').update(`${i}`).digest('base64'));
    for (const session of sessions) known.learnSessions([['cookie lb', session]]);
    const [oldest, fifth, fourth, newest] = [sessions[0], sessions.at(-5), sessions.at(-4), sessions.at(-1)];
    const shown = known.hide(`the-password ${newest} ${fourth} ${fifth} ${oldest}`);
    expect(shown).toBe(`*** *** *** ${fifth} ${oldest}`);
  });

  test('a cookie that changes with every answer does not drive out the session', () => {
    const known = new Confidential();
    known.learnSessions([['cookie vmware_soap_session', 'the-session']]);
    for (let i = 0; i < 1000; i++) known.learnSessions([['cookie lb', `${1000 + i}-balancer`]]);
    expect(known.hide('the-session')).toBe('***');
  });

  test('no current value is forgotten, however many and however long they are', () => {
    const known = new Confidential();
    const fields = Array.from({ length: 100 }, (_, i) => `${1000 + i}`.repeat(2500));
    known.learn(fields);
    const cookies = Array.from({ length: 100 }, (_, i): [string, string] => [`cookie ${i}`, `value-of-${1000 + i}`]);
    known.learnSessions(cookies);
    expect(known.hide(fields.join(' '))).toBe(fields.map(() => '***').join(' '));
    expect(known.hide(cookies.map(([, value]) => value).join(' '))).toBe(cookies.map(() => '***').join(' '));
  });

  test('a rotated secret is remembered beside the new one', () => {
    const known = new Confidential();
    known.learn(['before-before']);
    known.learn(['after-after']);
    expect(known.hide('before-before after-after')).toBe('*** ***');
  });

  test('keys, numbers, errors and what is nested deeper than any stack are searched too', () => {
    const known = new Confidential();
    known.learn(['hunter2', '12345678']);
    let deep: unknown = 'hunter2';
    for (let i = 0; i < 100_000; i++) deep = [deep];
    let shown: unknown = known.hide(deep);
    while (Array.isArray(shown)) shown = shown[0];
    expect(shown).toBe('***');
    expect(known.hide({ hunter2: 1, pin: 12345678, cause: new TypeError('hunter2') })).toEqual({
      '***': 1,
      pin: '***',
      cause: { name: 'TypeError', message: '***' },
    });
    const circle: Record<string, unknown> = { said: 'hunter2' };
    circle.self = circle;
    expect(known.hide(circle)).toMatchObject({ said: '***', self: { said: '***' } });
  });

  test('what cannot be searched is not shown, and nothing is thrown', () => {
    const known = new Confidential();
    known.learn(['hunter2']);
    const trap = Object.defineProperty({}, 'said', {
      enumerable: true,
      get: () => {
        throw new Error('hunter2');
      },
    });
    expect(known.hide(trap)).toBeUndefined();
  });

  test('a text is made shorter after its secrets were hidden, so no part of one is left at the end', async () => {
    const known = new Confidential();
    known.learn(['p4ssw0rd']);
    const text = `${'x'.repeat(96)}p4ssw0rd`;
    await known.during(async () => {
      expect(shortened(text, 100)).toBe(`${'x'.repeat(96)}***`);
      expect(lastOf(`p4ssw0rd${'x'.repeat(96)}`, 100)).toBe(`***${'x'.repeat(96)}`);
    });
  });
});

describe('names of secrets', () => {
  test.each(['password', 'rootPasswd', 'api_key', 'secretKey', 'userdata', 'Authorization', 'x-auth-token', 'pwd'])(
    '%s is one',
    (name) => expect(isSecretName(name)).toBe(true),
  );
  test.each(['username', 'name', 'userdataid', 'keyboard', 'compass', 'zoneid'])('%s is none', (name) =>
    expect(isSecretName(name)).toBe(false),
  );

  test('count for all that is below them, and for the value of a pair', () => {
    const request = {
      identity: { password: { value: 'one', plainText: true } },
      extraConfig: [
        { key: 'guestinfo.password', value: 'two' },
        { key: 'guestinfo.name', value: 'web' },
      ],
      name: 'three',
    };
    expect(secretsIn(request)).toEqual(['one', 'two']);
  });
});

describe('a connection', () => {
  const SECRET = { username: 'operator', password: 'observed', apiKey: 'key-key-key' };
  const said = 'operator observed key-key-key c00kie-c00kie';

  function connected(more: Partial<PlatformConnection>) {
    const logged: unknown[] = [];
    const note = (...words: unknown[]) => void logged.push(words);
    const headers = { 'set-cookie': ['JSESSIONID=c00kie-c00kie; Path=/sdk; HttpOnly'] };
    const connection = keepConfidential(
      {
        name: 'fake/lab',
        options: {},
        secret: async () => SECRET,
        http: { request: async () => ({ status: 200, headers, body: '' }) },
        now: Date.now,
        random: Math.random,
        log: { ...SILENT, warn: note },
      },
      ({ secret, http, log }) => ({
        intent: () => undefined,
        submit: async () => ({ kind: 'unknown', error: { code: 'x', message: said } }),
        adopt: () => ({ handle: {} }),
        async check() {
          await secret();
          await http.request({ method: 'GET', url: 'https://x.example.com' });
          log.warn(said, { said });
          return new Map([
            ['a', { kind: 'observed', status: 'RUNNING', handle: { said }, message: said, result: [said] }],
          ]);
        },
        ...more,
      }),
    );
    return { connection, logged };
  }
  const options = { signal: new AbortController().signal };
  const HIDDEN = 'operator *** *** ***';

  test('says and logs nothing of its secret and its session; words that decide, and handles, stay', async () => {
    const { connection, logged } = connected({});
    const outcome = (await connection.check([], options)).get('a');
    expect(outcome).toEqual({
      kind: 'observed',
      status: 'RUNNING',
      handle: { said },
      message: HIDDEN,
      result: [HIDDEN],
    });
    expect(logged).toEqual([[HIDDEN, { said: HIDDEN }]]);
  });

  test('throws nothing of it either', async () => {
    const { connection } = connected({ cancel: () => Promise.reject(new TypeError(said)) });
    await connection.check([], options);
    const job = { id: 'a', operation: 'op', handle: {}, createdAt: 0 };
    await expect(connection.cancel!(job, options)).rejects.toMatchObject({ name: 'TypeError', message: HIDDEN });
  });

  test("hides what the submit's own request calls a secret", async () => {
    const { connection } = connected({});
    const request = { operation: 'op', arguments: { guestPassword: 'c00kie-c00kie' } };
    expect(await connection.submit(request, undefined, options)).toMatchObject({
      error: { message: 'operator observed key-key-key ***' },
    });
  });
});
