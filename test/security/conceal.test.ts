import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PlatformConnection } from '../../shared/platforms/adapter.ts';
import { keepConfidential } from '../../shared/platforms/confidential.ts';
import { Confidential, concealed } from '../../shared/secrets/conceal.ts';
import { isSecretName, secretsIn } from '../../shared/secrets/secret-names.ts';
import { SILENT } from '../support/world.ts';

const xml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const SPELLINGS: [name: string, spell: (secret: string) => string][] = [
  ['as it is', (secret) => secret],
  ['in XML', xml],
  ['in an attribute of XML', (secret) => xml(secret).replaceAll('"', '&quot;')],
  ['in JSON', (secret) => JSON.stringify(secret).slice(1, -1)],
  ['in a URL', encodeURIComponent],
  ['in a form', (secret) => new URLSearchParams({ secret }).toString().slice('secret='.length)],
];
/** Of these letters alone, so that the words around it have nothing in common with it. */
const secret = fc.stringMatching(/^[QXZ&<>"'\\ %+ü]{3,40}$/);

describe('a secret in what a peer says', () => {
  test.each(SPELLINGS)('is hidden %s', (_, spell) => {
    fc.assert(
      fc.property(secret, (value) => {
        const hidden = concealed(`login (${spell(value)}) failed`, [value]);
        expect(hidden).toBe('login (***) failed');
      }),
    );
  });

  test('is hidden whole where the text before it makes up another spelling', () => {
    expect(concealed('login of +%2B%25 failed', [' +%'])).toBe('login of*** failed');
  });

  test('is hidden in base64, whatever stands before and after it', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{0,6}$/), fc.stringMatching(/^[a-z]{0,6}$/), (before, after) => {
        const value = 'S3cret-Passw0rd!';
        const basic = Buffer.from(`${before}:${value}${after}`).toString('base64');
        const hidden = concealed(`Basic ${basic}`, [value]);
        const left = Buffer.from(hidden.replace(/^Basic /, '').replaceAll('***', ''), 'base64').toString('latin1');
        expect(hidden).toContain('***');
        expect(left).not.toContain('cret');
        expect(left).not.toContain('w0rd');
      }),
    );
  });

  test('is hidden where the text was cut in the middle of it', () => {
    const value = 'correct-horse-battery-staple';
    for (let length = value.length / 2; length <= value.length; length++) {
      expect(concealed(`bad password ${value.slice(0, length)}`, [value])).toBe('bad password ***');
    }
  });

  test('of less than three characters, or empty, hides nothing', () => {
    expect(concealed('an answer', ['', 'a', 'an'])).toBe('an answer');
  });

  test('is not driven out by any number of sessions; the newest of those are known', () => {
    const known = new Confidential();
    known.learn(['the-password']);
    for (let i = 0; i < 1000; i++) known.learnSessions([`${i}-session`]);
    expect(known.hide('the-password 999-session 992-session 1-session')).toBe('*** *** *** 1-session');
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
