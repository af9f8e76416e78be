import type { AdapterRuntime, ConnectionContext, PlatformConnection } from '../adapter.ts';
import { cancel } from './cancel.ts';
import { check } from './check.ts';
import { createTask } from './create-task.ts';
import { FIND_SECONDS, findSubmitted, intentOf } from './find-submitted.ts';
import { LoginDesk } from './login.ts';
import type { VsphereOptions } from './options.ts';
import { probe } from './probe.ts';
import { report } from './report.ts';
import type { VsphereAdoption, VsphereRequest } from './request.ts';
import { secret, type VsphereSecret } from './secret.ts';
import { Session } from './session.ts';
import { submit } from './submit.ts';

/** VMware vCenter and ESXi over the Web Services API (SOAP, urn:vim25): any method that returns a task. */
export const runtime: AdapterRuntime<VsphereOptions, VsphereRequest, VsphereSecret> = {
  platform: 'vsphere',
  secret,
  capabilities: { cancel: true, batchCheck: true, report: true },
  bounds: {
    // vCenter forgets a finished task after about ten minutes; seen twice before that, the history is the exception.
    maxGapSeconds: 240,
    // "has already been deleted or has not been completely created": a new task may not be there yet.
    creationGraceSeconds: 30,
    // The history's rows lag behind the tasks.
    notFoundGraceSeconds: 60,
    findSubmittedSeconds: FIND_SECONDS,
  },
  connect,
};

function connect(context: ConnectionContext<VsphereOptions, VsphereSecret>): PlatformConnection<VsphereRequest> {
  const desk = new LoginDesk(context);
  const session = new Session(context, desk);
  return {
    intent: intentOf,
    submit: ({ task, ...request }, intent, call) =>
      task
        ? createTask(session, request.target, task, intent, context.now(), call)
        : submit(session, request, intent, context.now(), call),
    adopt: ({ adopt }: VsphereAdoption) => ({ handle: { task: adopt.task }, platformJobId: adopt.task }),
    check: (jobs, call) => check(session, jobs, context.now, call),
    cancel: (job, call) => cancel(session, job, call),
    report: (job, told, call) => report(session, job, told, call),
    findSubmitted: (intent, call) => findSubmitted(session, intent, context.now, call),
    probe: (call) => probe(context, desk, call),
  };
}
