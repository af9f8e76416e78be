import type { AdapterRuntime, Bounds } from '../adapter.ts';
import { caller } from './call.ts';
import { checker } from './check.ts';
import { commandAdviser } from './commands.ts';
import { findSubmitted } from './find-submitted.ts';
import type { CloudstackOptions } from './options.ts';
import { probe } from './probe.ts';
import type { AdoptRequest, SubmitRequest } from './request.ts';
import { type CloudstackSecret, secret } from './secret.ts';
import { intentOf, submit } from './submit.ts';

/** What CloudStack's own times demand. Source: `job.expire.minutes` and the job manager of the server. */
const bounds: Bounds = {
  /** A finished job is kept for a day, so nothing is lost by looking rarely; a quarter of an hour is what a person bears. */
  maxGapSeconds: 900,
  /** The job's row is there before the submit answers. Only a database replica could lag behind. */
  creationGraceSeconds: 30,
  /** Management servers behind one balancer share a database, so a 431 is right; asked once more all the same. */
  notFoundGraceSeconds: 60,
  /** A command that creates something is checked, allocated and written before its job: under load, that takes minutes. */
  findSubmittedSeconds: 300,
};

/**
 * Apache CloudStack, 4.0 to 4.22: asynchronous commands of its API. There is no cancel in any version: to undo is a command
 * and a job of its own.
 */
export const runtime: AdapterRuntime<CloudstackOptions, SubmitRequest, CloudstackSecret> = {
  platform: 'cloudstack',
  secret,
  capabilities: { cancel: false, batchCheck: true },
  bounds,
  connect(context) {
    const call = caller(context);
    const adviser = commandAdviser(call, context.now);
    return {
      intent: intentOf,
      submit: (request, intent, callOptions) => submit(call, adviser, request, intent, callOptions),
      adopt({ adopt }: AdoptRequest) {
        const jobid = String(adopt.jobid);
        return { handle: { jobid }, platformJobId: jobid };
      },
      check: checker(call, context),
      findSubmitted: (intent, callOptions) => findSubmitted(call, intent, callOptions),
      probe: (callOptions) => probe(call, callOptions),
    };
  },
};
