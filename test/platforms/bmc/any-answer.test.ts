import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type HttpClient, HttpFailure, type HttpFailureCode } from '../../../shared/http/client.ts';
import { isTerminal } from '../../../shared/job/job.ts';
import { FAILED, RUNNING, started, VENDOR_SAMPLE } from './documents.ts';
import { POWER_OFF, signal } from './rig.ts';
import { connectionOf } from './scripted.ts';

const CODES: HttpFailureCode[] = ['dns', 'refused', 'unreachable', 'tls', 'timeout', 'reset', 'too_large', 'aborted'];

const document = fc.oneof(
  fc.constantFrom(
    RUNNING,
    FAILED,
    VENDOR_SAMPLE,
    started('task-1'),
    '',
    '<a>',
    '&lt;vmware-infrastructure-response/&gt;',
  ),
  fc.string(),
);
const output = fc.record({ name: fc.constantFrom('adapter response', 'x'), value: fc.oneof(document, fc.jsonValue()) });
const soap = document.map(
  (it) =>
    `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><executeProcessResponse><Output><Parameter><Name>adapter response</Name><Value><XmlDoc>${it}</XmlDoc></Value></Parameter></Output></executeProcessResponse></S:Body></S:Envelope>`,
);
const body = fc.oneof(
  fc.array(output).map((it) => JSON.stringify(it)),
  fc
    .record({ status: fc.constantFrom('COMPLETED', 'FAILED', 'READY', 'X'), outputParameters: fc.array(output) })
    .map((it) => JSON.stringify(it)),
  fc.json(),
  soap,
  fc.string({ unit: 'binary' }),
);
const answer: fc.Arbitrary<HttpClient['request']> = fc.oneof(
  fc
    .record({
      status: fc.oneof(fc.constant(200), fc.integer({ min: 200, max: 599 })),
      body,
      headers: fc.constantFrom({}, { 'authentication-token': 'tok/+=*' }, { 'retry-after': '3' }),
    })
    .map((it) => async () => it),
  fc.record({ code: fc.constantFrom(...CODES), sent: fc.boolean() }).map(
    ({ code, sent }) =>
      () =>
        Promise.reject(new HttpFailure(code, sent, 'no')),
  ),
);
const options = fc.constantFrom(
  { submitPatienceSeconds: 0 },
  { mode: 'async', submitPatienceSeconds: 0 },
  { lookMode: 'async', requestTimeoutSeconds: 1, errorOutput: 'x' },
  { protocol: 'orca', gridName: 'G' },
);

it('has an outcome for whatever may be answered, never throws, and ends a job only by the state of its task', async () => {
  const place = { adapter: 'VMwareInfra' };
  const jobs = [{ task: 'task-710' }, { task: 'task-711' }, { workflow: 'w' }, { task: 5 }, {}].map((handle, n) => ({
    id: `j${n}`,
    operation: 'Power_Off_VM',
    handle: { ...place, ...handle },
    createdAt: 0,
  }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(answer, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      options,
      async (answers, loggedIn, with_) => {
        let count = 0;
        const http: HttpClient = {
          request: (request) =>
            loggedIn && request.url.endsWith('/login')
              ? Promise.resolve({ status: 200, headers: { 'authentication-token': 't' }, body: '{}' })
              : answers[count++ % answers.length]!(request),
        };
        // Under way for ever would be waited for: the time for the look is over soon.
        const timed = { signal: with_.lookMode ? AbortSignal.timeout(5) : signal };
        const connection = connectionOf(http, with_);
        const submitted = await connection.submit(POWER_OFF, undefined, timed);
        const checked = await connection.check(jobs, timed);
        expect(submitted.kind).toMatch(/^(accepted|pending|refused|unavailable|unknown)$/);
        expect(checked.size).toBe(jobs.length);
        for (const [id, outcome] of checked) {
          // Only FAILED is about task-710; a workflow may tell that nothing, or nothing known, was started.
          if (outcome.kind !== 'observed' || !isTerminal(outcome.status)) continue;
          expect([id, outcome.status]).toEqual(
            id === 'j2' ? ['j2', expect.stringMatching(/FAILED|LOST/)] : ['j0', 'FAILED'],
          );
        }
        expect(JSON.stringify([submitted, ...checked.values()])).not.toContain('c4n');
      },
    ),
    { numRuns: 400 },
  );
});
