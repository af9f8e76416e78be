import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type HttpClient, HttpFailure, type HttpFailureCode } from '../../../shared/http/client.ts';
import { isTerminal } from '../../../shared/job/job.ts';
import { adapter } from '../../../shared/platforms/f5-vcmp/index.ts';
import { STATE, signal } from './rig.ts';

const CODES: HttpFailureCode[] = ['dns', 'refused', 'unreachable', 'tls', 'timeout', 'reset', 'too_large', 'aborted'];
const METHODS = ['get_completion_status', 'get_guest_state', 'set_guest_state', 'get_list', 'get_guest_assigned_slots'];

function connectedTo(http: HttpClient) {
  return adapter.connect({
    name: 'f5-vcmp/any',
    options: { url: 'https://viprion.example.com', secret: 'a' },
    secret: async () => ({ username: 'op', password: 'c4nary' }),
    http,
    now: () => 0,
    random: Math.random,
    log: { debug() {}, info() {}, warn() {} },
  });
}

const content = fc.constantFrom(
  '',
  '<item>VCMP_GUEST_STATE_DEPLOYED</item>',
  '<item>g1</item>',
  '<item></item>',
  '<item><item>1</item></item>',
  '<item><item><slot_id>1</slot_id><requested_state>VCMP_GUEST_STATE_DEPLOYED</requested_state><request_complete>true</request_complete><status>VCMP_STATUS_RUNNING</status></item></item>',
);
const success = fc.tuple(fc.constantFrom(...METHODS), content).map(([method, inner]) => {
  const answer = `<m:${method}Response xmlns:m="urn:iControl:System/VCMP"><return>${inner}</return></m:${method}Response>`;
  return `<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body>${answer}</E:Body></E:Envelope>`;
});
const said = fc.constantFrom(
  'Exception: Common::OperationFailed',
  'error_string : 01020036:3: (g1)',
  'Serious error occured.',
  '',
);
const fault = said.map(
  (text) =>
    `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><S:Fault><faultcode>S:Server</faultcode><faultstring>${text}</faultstring></S:Fault></S:Body></S:Envelope>`,
);
const body = fc.oneof(success, fault, fc.string({ unit: 'binary' }), fc.constant('<html></html>'));
const reply = fc.oneof(
  fc.record({ status: fc.oneof(fc.constantFrom(200, 500), fc.integer({ min: 200, max: 599 })), body }),
  fc.record({ code: fc.constantFrom(...CODES), sent: fc.boolean() }),
);
type Reply = { status: number; body: string } | { code: HttpFailureCode; sent: boolean };

/** Another of the answers for each call, over and over. */
function answering(replies: readonly Reply[]): HttpClient & { useful: number } {
  let calls = 0;
  return {
    useful: 0,
    async request() {
      const it = replies[calls++ % replies.length]!;
      if ('code' in it) throw new HttpFailure(it.code, it.sent, 'no');
      if (it.status === 200 && it.body.includes('Response')) this.useful += 1;
      return { ...it, headers: {} };
    },
  };
}

it('has an outcome for whatever a host may answer, never throws, and never ends a job by a failure', async () => {
  const handle = { guests: ['g1'], wanted: `${STATE}DEPLOYED`, before: [`${STATE}CONFIGURED`] };
  const refs = Array.from({ length: 3 }, (_, n) => ({
    id: `j${n}`,
    operation: 'set_guest_state',
    handle,
    createdAt: 0,
  }));
  const request = adapter.submitRequest.parse({
    operation: 'set_guest_state',
    guests: ['g1'],
    state: `${STATE}DEPLOYED`,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(reply, { minLength: 1, maxLength: 5 }), async (replies) => {
      const fresh = () => connectedTo(answering(replies));
      const intent = fresh().intent(request, { id: 'a', createdAt: 0 })!;
      const submitted = await fresh().submit(request, intent, { signal });
      const found = await fresh().findSubmitted!(intent, { signal });
      const canceled = await fresh().cancel!(refs[0]!, { signal });
      const http = answering(replies);
      const checked = await connectedTo(http).check(refs, { signal });
      expect(checked.size).toBe(3);
      expect(submitted.kind).toMatch(/^(accepted|refused|unavailable|unknown)$/);
      expect(found.kind).toMatch(/^(accepted|absent|ambiguous|transient|permanent)$/);
      expect(canceled.kind).toMatch(/^(accepted|over|refused|transient|permanent|not_found)$/);
      for (const outcome of checked.values()) {
        if (outcome.kind === 'observed' && isTerminal(outcome.status)) expect(http.useful).toBeGreaterThan(0);
      }
      expect(JSON.stringify([submitted, found, canceled, ...checked.values()])).not.toContain('c4nary');
    }),
    { numRuns: 300 },
  );
});
