import { CallBudget } from '../../http/budget.ts';
import type { AdapterRuntime, Bounds, ConnectionContext, PlatformConnection } from '../adapter.ts';
import { asker } from './ask.ts';
import { cancel } from './cancel.ts';
import { checker } from './check.ts';
import type { Call } from './errors.ts';
import { execTransport } from './exec.ts';
import { writeHandle } from './handle.ts';
import { hiding } from './hide.ts';
import { CREATION_GRACE_SECONDS, NOT_FOUND_GRACE_SECONDS } from './judge.ts';
import { Memory } from './memory.ts';
import type { SymphonyOptions } from './options.ts';
import { probe } from './probe.ts';
import type { AdoptRequest, SubmitRequest } from './request.ts';
import { systemsManager } from './run-command.ts';
import { ssmTransport } from './ssm.ts';
import { submit } from './submit.ts';
import type { Script, Transport } from './transport.ts';

/** What providers demand of the schedule. Sources: HF's hostfactoryconf.json, HF §5. */
const bounds: Bounds = {
  /** HF asks about every 30 s, and providers do their own work in the answer: they give up, and delete, only when asked. */
  maxGapSeconds: 120,
  creationGraceSeconds: CREATION_GRACE_SECONDS,
  /** With the back-off from 5 s on, that is three looks and more. */
  notFoundGraceSeconds: NOT_FOUND_GRACE_SECONDS,
  /** There is no list of requests and no key that a request could be found by. */
  findSubmittedSeconds: 0,
};

export type Context = ConnectionContext<SymphonyOptions, unknown>;

/** IBM Spectrum Symphony host factory (7.2 to 7.3), and the LSF resource connector: the scripts of their providers. */
export const runtime: AdapterRuntime<SymphonyOptions, SubmitRequest> = {
  platform: 'symphony',
  capabilities: { cancel: true, cancelByLooks: true, batchCheck: true },
  bounds,
  connect: (context) => connectThrough(transportOf(context), context),
};

function transportOf({ name, options }: Context): Transport {
  return options.transport === 'ssm' ? ssmTransport(name, options, systemsManager(options)) : execTransport(options);
}

/** The connection over any transport. */
export function connectThrough(bare: Transport, context: Context): PlatformConnection<SubmitRequest> {
  const { name, options, now } = context;
  const transport = budgeted(bare, options);
  const hide = hiding(options.environment);
  const callOf = (script: Script): Call => ({ name: `${transport.label(script)} of ${name}`, hide });
  const memory = new Memory(now);
  const ask = asker({ ...context, transport, memory, call: callOf('getRequestStatus') });
  const check = checker({ transport, ask, memory, name, options, now, callOf });
  return {
    // A request has nothing of ours in it by which it could be found again.
    intent: () => undefined,
    submit: (request, _intent, callOptions) =>
      submit(transport, callOf(request.operation), options, request, callOptions),
    adopt({ adopt }: AdoptRequest) {
      const { requestId, machineCount = 1 } = adopt;
      const units = 'capacityUnits' in adopt ? adopt.capacityUnits : undefined;
      const handle = writeHandle({ requestId, machineCount, ...(units !== undefined && { units }) });
      return { handle, platformJobId: requestId };
    },
    check,
    probe: (callOptions) => probe(transport, callOf('getAvailableTemplates'), callOptions),
    async cancel(job, { carry }) {
      memory.unpack(carry);
      return cancel(job, ({ requestId }) => memory.answer(requestId) !== undefined);
    },
  };
}

/** Providers lock their state files, for a status too: one script at a time unless the connection says otherwise. */
function budgeted(transport: Transport, { maxRequestsPerSecond, maxConcurrentRequests }: SymphonyOptions): Transport {
  const budget = new CallBudget({ perSecond: maxRequestsPerSecond ?? 20, atOnce: maxConcurrentRequests ?? 1 });
  return {
    ...transport,
    run: (script, input, options) => budget.run(() => transport.run(script, input, options)),
  };
}
