import { expect } from 'vitest';
import type { Simulator } from '../../../infra/local/simulators/simulator.ts';
import { startVsphereSimulator, type VsphereSimulatorOptions } from '../../../infra/local/simulators/vsphere.ts';
import type { Handle, SubmitIntent } from '../../../shared/job/job.ts';
import type { CheckOutcome, Observation } from '../../../shared/job/outcome.ts';
import type { Accepted, JobRef, PlatformConnection, SubmitOutcome } from '../../../shared/platforms/adapter.ts';
import { fetchHttpClient, patientHttpClient } from '../../support/fetch-http.ts';
import { connectionOf, scripted } from './connection.ts';
import { fixture } from './fixture.ts';

export type Answer = ReturnType<Parameters<typeof scripted>[0]>;

export const signal = AbortSignal.timeout(60_000);

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

let lastJob = 0;
export function jobOf(handle: Handle): JobRef {
  return { id: `job-${++lastJob}`, operation: 'PowerOnVM_Task', handle, createdAt: Date.now() };
}

export function acceptedJob(outcome: SubmitOutcome): JobRef {
  expect(outcome.kind).toBe('accepted');
  return jobOf((outcome as Accepted).handle);
}

export async function lookThrough(connection: PlatformConnection, job: JobRef): Promise<CheckOutcome> {
  return (await connection.check([job], { signal })).get(job.id)!;
}

/** A simulator and a connection to it. Tasks are never queued unless told, and requests time out after 300 ms once it was told to hang. */
export async function startRig(options: VsphereSimulatorOptions = {}) {
  const simulator: Simulator = await startVsphereSimulator({ queueSeconds: 0, ...options });
  const url = simulator.connection.url as string;
  const patient = patientHttpClient(simulator);
  const connect = (timeoutMs?: number) =>
    connectionOf({ http: timeoutMs === undefined ? patient : fetchHttpClient({ timeoutMs }), url });
  const connection = connect();
  const look = (job: JobRef) => lookThrough(connection, job);
  return {
    simulator,
    url,
    connect,
    connection,
    look,
    submit: (request: unknown, intent?: SubmitIntent) => connection.submit(request, intent, { signal }),
    submitted: async (request: unknown) => acceptedJob(await connection.submit(request, undefined, { signal })),
    /** Looks once and keeps the handle, as the core does. */
    looked: async (job: JobRef): Promise<JobRef> => {
      const seen = (await look(job)) as Observation;
      expect(seen.kind).toBe('observed');
      return seen.handle ? { ...job, handle: seen.handle } : job;
    },
    /** A VM that is off and has no task. */
    newVm: () => simulator.scenarios.succeeds(0).target as { type: string; value: string },
  };
}

export type Rig = Awaited<ReturnType<typeof startRig>>;

/** Answers the login as recorded, and every other call as told. */
export function loggedIn(answer: Parameters<typeof scripted>[0]) {
  return scripted((method, body, count) => {
    if (method === 'RetrieveServiceContent') return { body: fixture('service-content') };
    if (method !== 'Login') return answer(method, body, count);
    return {
      body: fixture('login'),
      headers: { 'set-cookie': ['vmware_soap_session="a=b"; Path=/; HttpOnly; Secure'] },
    };
  });
}
