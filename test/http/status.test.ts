import { describe, expect, it, test } from 'vitest';
import { HTTP_STATUSES, redirectNote, statusMeaning, statusMeaningOf } from '../../shared/http/status.ts';
import { checkFailure as bmcPoll, submitFailure as bmcSubmit } from '../../shared/platforms/bmc/errors.ts';
import { readAnswer as bmcAnswer } from '../../shared/platforms/bmc/rest-answer.ts';
import { adapter as cloudstack } from '../../shared/platforms/cloudstack/index.ts';
import { adapter as f5Vcmp } from '../../shared/platforms/f5-vcmp/index.ts';
import { httpMeaning } from '../../shared/platforms/vsphere/faults.ts';

const PAGE = '<html><head><title>Oops</title></head><body><h1>Oops</h1></body></html>';
const BODIES = { 'no body': '', 'a page': PAGE, JSON: '{"message":"Oops"}', text: 'Oops' };
const signal = new AbortController().signal;
const log = { debug() {}, info() {}, warn() {} };

interface Said {
  poll: string;
  submit: string;
  message: string;
}

type Platform = (status: number, body: string, headers?: Record<string, string>) => Promise<Said>;

function context(status: number, body: string, headers: Record<string, string> = {}) {
  return {
    name: 'x/y',
    http: { request: async () => ({ status, headers, body }) },
    now: () => 0,
    random: () => 0,
    log,
  };
}

function said(poll: { kind: string; message?: string } | undefined, submit: { kind: string }): Said {
  return { poll: poll?.kind ?? '', submit: submit.kind, message: poll?.message ?? '' };
}

/** Every platform that speaks HTTP, as it polls and submits. */
const PLATFORMS: Record<string, Platform> = {
  async cloudstack(...answer) {
    const connection = cloudstack.connect({
      ...context(...answer),
      options: { url: 'https://cs.example.com/client/api', secret: 'a' },
      secret: async () => ({ apiKey: 'key', secretKey: 'secret' }),
    });
    const request = { operation: 'deployVirtualMachine' };
    const intent = connection.intent(request, { id: 'a', createdAt: 0 });
    const job = { id: 'a', operation: 'x', handle: { jobid: 'abc' }, createdAt: 0 };
    const polled = (await connection.check([job], { signal })).get('a');
    return said(polled as { kind: string }, await connection.submit(request, intent, { signal }));
  },
  async 'f5-vcmp'(...answer) {
    const connection = f5Vcmp.connect({
      ...context(...answer),
      options: { url: 'https://f5.example.com', secret: 'a' },
      secret: async () => ({ username: 'admin', password: 'secret' }),
    });
    const job = { id: 'a', operation: 'x', handle: { guests: ['g'], wanted: 'ABSENT' }, createdAt: 0 };
    const polled = (await connection.check([job], { signal })).get('a') as { kind: string; code: string };
    const { submitFailure } = await import('../../shared/platforms/f5-vcmp/faults.ts');
    return said(polled, submitFailure({ code: polled.code, text: '', call: 'create', sent: true }));
  },
  async bmc(status, body, headers = {}) {
    const answer = bmcAnswer({ status, body, headers }, 'Clone_VM', 0);
    if (answer.kind !== 'fault') throw new Error('no fault');
    return said(bmcPoll(answer.fault), bmcSubmit(answer.fault));
  },
  async vsphere(status, body, headers = {}) {
    const { failure, submit } = httpMeaning({ status, body, headers }, 0);
    return said(failure, { kind: submit });
  },
};

describe.each(Object.keys(PLATFORMS))('%s', (platform) => {
  const answered = PLATFORMS[platform]!;

  it.each([408, 444, 460, 499, 502, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530, 598, 599, 418, 450, 561])(
    'a %d on a submit is an unknown outcome, and on a poll it passes, whatever body the proxy writes',
    async (status) => {
      for (const body of Object.values(BODIES)) {
        expect(await answered(status, body)).toMatchObject({ poll: 'transient', submit: 'unknown' });
      }
    },
  );

  it.each([413, 414, 431, 494])(
    'a %d says that the request was too large and what to do, and blames no url',
    async (status) => {
      for (const body of Object.values(BODIES)) {
        const { poll, submit, message } = await answered(status, body);
        expect([poll, submit]).toEqual(['permanent', 'refused']);
        expect(message).toMatch(/too (large|long)/);
        expect(message).toMatch(/raise the limit/);
        expect(message).not.toMatch(/\burl\b/);
      }
    },
  );

  it.each([421, 425, 429])('a %d was surely not carried out and may be sent again', async (status) => {
    expect(await answered(status, PAGE)).toMatchObject({ poll: 'transient', submit: 'unavailable' });
  });

  it.each([407, 496, 497, 511])('a %d is for an operator: what stands in between must be passed', async (status) => {
    expect(await answered(status, PAGE)).toMatchObject({ poll: 'permanent', submit: 'unavailable' });
  });

  it.each([301, 302, 303, 307, 308])('a %d names where it leads, without credentials and query', async (status) => {
    const location = 'https://user:hunter2@api.example.com/v2;jsessionid=s3cret/api?token=s3cret#s3cret';
    const { poll, submit, message } = await answered(status, PAGE, { location });
    expect([poll, submit]).toEqual(['permanent', 'unavailable']);
    expect(message).toContain('to https://api.example.com/v2/api;');
    expect(message).toContain('url of the connection');
    expect(message).not.toMatch(/hunter2|s3cret/);
  });

  it('a redirect to a sign-on page says that one stands in between', async () => {
    const { message } = await answered(302, '', { location: '/idp/login?goto=x' });
    expect(message).toContain('to /idp/login; that looks like a sign-on page');
  });
});

test('a proxy that answers in the form of CloudStack is a proxy all the same', async () => {
  const body = JSON.stringify({ errorresponse: { errorcode: 408, errortext: 'Request Timeout' } });
  expect(await PLATFORMS.cloudstack!(408, body)).toMatchObject({ poll: 'transient', submit: 'unknown' });
});

test('a redirect that leads nowhere is not named', () => {
  for (const location of ['http://[', 'javascript:alert(1)', 'mailto:a@b.c']) {
    expect(redirectNote({ status: 301, headers: { location } })).toBe('');
  }
  expect(redirectNote({ status: 200, headers: { location: 'https://a/' } })).toBe('');
});

test('every status has a meaning, and a refusal is never one that could have been carried out', () => {
  for (let status = 100; status < 1000; status++) expect(statusMeaning(status).advice).toMatch(/\w/);
  for (const { poll, submit, cancel, retryable } of Object.values(HTTP_STATUSES)) {
    if (submit === 'unknown') expect([poll, cancel, retryable]).toEqual(['transient', 'transient', undefined]);
    if (submit === 'refused') expect([cancel, retryable]).toEqual(['refused', false]);
  }
  expect(statusMeaningOf('http.timeout')).toBeUndefined();
  expect(statusMeaningOf('HTTP 408')).toBe(HTTP_STATUSES['408']);
});
