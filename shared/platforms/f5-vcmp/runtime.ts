import type { AdapterRuntime, Bounds } from '../adapter.ts';
import { caller } from './call.ts';
import { cancel } from './cancel.ts';
import { check, looker } from './check.ts';
import { checkFailure } from './faults.ts';
import { findSubmitted } from './find-submitted.ts';
import { platformJobId } from './handle.ts';
import { getList } from './methods.ts';
import type { F5VcmpOptions } from './options.ts';
import type { AdoptRequest, SubmitRequest } from './request.ts';
import { type F5VcmpSecret, secret } from './secret.ts';
import { intentOf, submit } from './submit.ts';

const bounds: Bounds = {
  /** The host keeps what it says, but somebody else's wish that comes and goes would be missed. */
  maxGapSeconds: 300,
  /** A guest is there when its `create` has answered. */
  creationGraceSeconds: 30,
  /** A management plane that restarts may answer before it has loaded all guests. */
  notFoundGraceSeconds: 180,
  /** Clients of this interface give up after 90 s, and so long a request may wait at the portal; twice that. */
  findSubmittedSeconds: 180,
};

/** F5 BIG-IP hosts of vCMP guests (VIPRION and vCMP appliances, 11.0 to 17.1) over iControl SOAP, System::VCMP. */
export const runtime: AdapterRuntime<F5VcmpOptions, SubmitRequest, F5VcmpSecret> = {
  platform: 'f5-vcmp',
  secret,
  capabilities: { cancel: true, batchCheck: true },
  bounds,
  connect(context) {
    const call = caller(context);
    const look = looker(call, context);
    return {
      intent: intentOf,
      submit: (request, _intent, callOptions) => submit(call, request, callOptions),
      adopt({ guests, state }: AdoptRequest) {
        const handle = { guests, wanted: state };
        return { handle, platformJobId: platformJobId(handle) };
      },
      check: (jobs, callOptions) => check(look, jobs, context.now, callOptions),
      cancel: (job, callOptions) => cancel(call, look, job, context.now, callOptions),
      findSubmitted: (intent, callOptions) => findSubmitted(call, intent, callOptions),
      async probe(callOptions) {
        const list = await getList(call, callOptions);
        return list.ok ? undefined : checkFailure(list.fault);
      },
    };
  },
};
