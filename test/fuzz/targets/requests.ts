import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../../shared/job/job.ts';
import { holdAnswer } from '../answers.ts';
import { type ApiEvent, type Handlers, useHandlers } from '../handlers.ts';
import { hostileJson } from '../json.ts';
import { mutate } from '../mutate.ts';
import { hold, type Target } from '../target.ts';

interface Frame extends Record<string, unknown> {
  platform: string;
  call: 'submit-job' | 'report-job';
  base64: boolean;
  key?: string;
}

/** Bodies of submits, adoptions and reports, to the functions as they are deployed. */
export async function requests(): Promise<Target> {
  const handlers = await useHandlers();
  const bodies = bodiesOf(handlers);
  const running = await submitTask(handlers);
  let number = 0;
  return {
    limitMs: 4000,
    close: handlers.close,
    make(random) {
      const { platform, call, body } = random.pick(bodies);
      const frame: Frame = {
        platform,
        call,
        base64: random.chance(0.3),
        ...(random.chance(0.3) && { key: `k${random.int(20)}` }),
      };
      const text = random.chance(0.1) ? JSON.stringify(body) : hostileJson(body, random);
      return { frame, bytes: random.chance(0.25) ? mutate(Buffer.from(text), random) : Buffer.from(text) };
    },
    async run({ frame, bytes }) {
      const { platform, call, base64, key } = frame as Frame;
      const event = (fields: Partial<ApiEvent> = {}): ApiEvent => ({
        headers: {},
        isBase64Encoded: false,
        requestContext: { requestId: `r${++number}` },
        ...fields,
      });
      const sent = event({
        headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
        pathParameters: { connection: 'lab', id: running },
        body: bytes.toString(base64 ? 'base64' : 'utf8'),
        isBase64Encoded: base64,
      });
      const answer = await handlers.call(call, platform, sent);
      const job = holdAnswer(answer);
      if (answer.statusCode !== 202) return;
      const found = await handlers.call(
        'get-job',
        platform,
        event({ pathParameters: { platform, connection: 'lab', id: String(job.id) } }),
      );
      const { labels, operation } = JSON.parse(bytes.toString('utf8')) as Record<string, Json>;
      const { timeline: _timeline, ...stored } = holdAnswer(found);
      hold(
        isDeepStrictEqual(stored, job),
        `what is stored is not what was answered: ${found.body?.slice(0, 300)} / ${answer.body?.slice(0, 300)}`,
      );
      hold(stored.operation === operation, `the operation became ${stored.operation}`);
      hold(
        isDeepStrictEqual(stored.labels, labels),
        `the labels became ${JSON.stringify(stored.labels)?.slice(0, 300)}`,
      );
    },
  };
}

function bodiesOf({ simulators }: Handlers) {
  const more = { labels: { team: 'web', 'env/stage': 'läb' }, deadlineSeconds: 3600, taskToken: 'token' };
  const found: { platform: string; call: Frame['call']; body: Record<string, unknown> }[] = [];
  for (const [platform, { scenarios }] of simulators) {
    for (const body of [scenarios.runsForever(), scenarios.refused(), scenarios.adopts(60)]) {
      found.push({ platform, call: 'submit-job', body: { ...body, ...more } });
    }
  }
  found.push({ platform: 'vsphere', call: 'submit-job', body: { ...VSPHERE, ...more } });
  found.push({ platform: 'cloudstack', call: 'submit-job', body: { ...CLOUDSTACK, ...more } });
  for (const body of REPORTS) found.push({ platform: 'task', call: 'report-job', body });
  return found;
}

/** Arguments of every shape: what is written as XML and as a signed form. */
const VSPHERE = {
  operation: 'ReconfigVM_Task',
  target: { type: 'VirtualMachine', value: 'vm-102' },
  arguments: {
    spec: {
      _typeName: 'VirtualMachineConfigSpec',
      name: 'web',
      memoryMB: 4096,
      extraConfig: [{ _typeName: 'OptionValue', key: 'a', value: { _typeName: 'string', _value: 'b' } }],
    },
  },
};
const CLOUDSTACK = {
  operation: 'deployVirtualMachine',
  parameters: { zoneid: 'z', networkids: ['a', 'b'], details: [{ key: 'a', value: 'b' }], userdata: 'x' },
};
const REPORTS = [
  { state: 'running', progress: 50, description: 'half' },
  { state: 'error', fault: { code: 'X', message: 'm', details: { a: [1] } } },
  { state: 'success', result: { a: [{ b: 'c' }] } },
];

/** A task that waits for reports. Those that end it are refused from then on, which is an answer too. */
async function submitTask(handlers: Handlers): Promise<string> {
  const body = JSON.stringify({ operation: 'rebuild-index' });
  const answer = await handlers.call('submit-job', 'task', {
    headers: {},
    pathParameters: { connection: 'lab' },
    body,
    isBase64Encoded: false,
    requestContext: { requestId: 'first' },
  });
  return String(holdAnswer(answer).id);
}
