import { CallBudget } from '../../http/budget.ts';
import type { CheckOutcome } from '../../job/outcome.ts';
import type { AdapterRuntime, Bounds, ConnectionContext, PlatformConnection } from '../adapter.ts';
import { asker } from './ask.ts';
import { cancel } from './cancel.ts';
import { checker, Endings } from './check.ts';
import { execTransport } from './exec.ts';
import { kindOf, writeHandle } from './handle.ts';
import type { SymphonyOptions } from './options.ts';
import { probe } from './probe.ts';
import type { AdoptRequest, SubmitRequest } from './request.ts';
import { systemsManager } from './run-command.ts';
import { ssmTransport } from './ssm.ts';
import { submit } from './submit.ts';
import type { Transport } from './transport.ts';
import { veil } from './veil.ts';

/** What providers demand of the schedule. Sources: HF's hostfactoryconf.json, HF §5. */
const bounds: Bounds = {
  /** HF asks about every 30 s, and providers do their own work in the answer: they give up, and delete, only when asked. */
  maxGapSeconds: 120,
  /** "Not found" within two minutes after the request says nothing. */
  creationGraceSeconds: 120,
  /** With the back-off from 5 s on, that is three looks and more. */
  notFoundGraceSeconds: 60,
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
  const { name, options } = context;
  const transport = budgeted(bare, options);
  const endings = new Endings();
  const ask = asker(transport, context);
  const check = checker(transport, ask, endings, context);
  const veiled = veil(options.environment);
  return {
    // A request has nothing of ours in it by which it could be found again.
    intent: () => undefined,
    submit: async (request, _intent, callOptions) =>
      veiled(await submit(transport, name, options, request, callOptions)),
    adopt({ adopt }: AdoptRequest) {
      const { requestId, machineCount = 1 } = adopt;
      return { handle: writeHandle({ requestId, machineCount }), platformJobId: requestId };
    },
    async check(jobs, callOptions) {
      const outcomes = await check(jobs, callOptions);
      return new Map([...outcomes].map(([id, outcome]): [string, CheckOutcome] => [id, veiled(outcome)]));
    },
    async probe(callOptions) {
      const failure = await probe(transport, name, callOptions);
      return failure && veiled(failure);
    },
    cancel: async (job) => cancel(job, (handle) => endings.get(kindOf(job), handle) !== undefined),
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
