import type { AdapterRuntime, Bounds } from '../adapter.ts';
import { LoginSecret } from '../login-secret.ts';
import { checker } from './check.ts';
import { callFault, type Fault } from './errors.ts';
import { placeOf, type TaskHandle } from './handle.ts';
import { Looker } from './look.ts';
import type { BmcOptions } from './options.ts';
import { OrcaCarrier } from './orca.ts';
import { probe } from './probe.ts';
import type { BmcAdoption, BmcRequest } from './request.ts';
import { RestCarrier } from './rest.ts';
import { type BmcSecret, secret } from './secret.ts';
import { submit } from './submit.ts';

/** ORCA has no sessions: so long after a password was accepted, the next calls are made without asking whether it still is. */
const PROVEN_MS = 60_000;

/** The tasks are vCenter's, so its times count; but the history behind it is out of reach. */
const bounds: Bounds = {
  /** vCenter forgets a finished task after about ten minutes; a look must succeed twice before that. */
  maxGapSeconds: 240,
  /** "has not been completely created": a new task may not be there yet. */
  creationGraceSeconds: 30,
  /** Three looks at least, as unknown jobs are looked at every 5 s and more; there is nothing else to ask. */
  notFoundGraceSeconds: 60,
  /** Nothing is looked for: no operation of the adapter lists tasks. */
  findSubmittedSeconds: 0,
};

/**
 * BMC Atrium Orchestrator / TrueSight Orchestration: operations of its VMware Infrastructure adapter that start a vCenter
 * task, carried by a workflow. The job is the task; the workflow of each call is only transport. There is no cancel: the
 * adapter has none, and stopping a workflow does not stop the task.
 */
export const runtime: AdapterRuntime<BmcOptions, BmcRequest, BmcSecret> = {
  platform: 'bmc',
  secret,
  capabilities: { cancel: false, batchCheck: false },
  bounds,
  connect(context) {
    const isOrca = context.options.protocol === 'orca';
    const secret = new LoginSecret<BmcSecret, Fault>(context, {
      codeOf: ({ code }) => code,
      refusalOf: (code) => callFault(code, `login at ${context.name}`, '', { sent: false }),
      provenMs: isOrca ? PROVEN_MS : 0,
    });
    const open = () => (isOrca ? new OrcaCarrier(context, secret) : new RestCarrier(context, secret));
    const carrier = open();
    const looker = new Looker(carrier, context);
    return {
      /** An adapter request has no room for a name of ours, so a submit whose answer is lost cannot be found again. */
      intent: () => undefined,
      submit: (request, _intent, call) => submit(carrier, context, request, call),
      adopt({ adopt }: BmcAdoption) {
        const handle: TaskHandle = { ...placeOf(context.options), task: adopt.task };
        return { handle, platformJobId: adopt.task };
      },
      check: checker(looker, context),
      probe: (call) => probe(open(), context, call),
    };
  },
};
