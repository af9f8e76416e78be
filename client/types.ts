import type { JobStatus } from '../shared/job/job.ts';
import type { CommonFields, Job, Requests } from './bodies.ts';

export type Platform = keyof Requests;

/** `<platform>/<connection>`, as `vsphere/dc1`. */
export type ConnectionName<P extends Platform = Platform> = `${P}/${string}`;

/** Body of a submit. */
export type SubmitRequest<P extends Platform = Platform> = { [Name in P]: Requests[Name]['submit'] & CommonFields }[P];

/** Body of an adoption. */
export type AdoptRequest<P extends Platform = Platform> = { [Name in P]: Requests[Name]['adopt'] & CommonFields }[P];

export interface JobPage {
  jobs: Job[];
  cursor?: string;
}

export type { OpenStatus, TerminalStatus } from '../shared/job/job.ts';
export type { CommonFields, Connection, ConnectionCheck, Job, Report } from './bodies.ts';
export type { JobStatus };

/** A job, or its name `<platform>/<connection>/<id>`. */
export type JobReference = string | Pick<Job, 'platform' | 'connection' | 'id'>;

export interface ListQuery {
  status?: JobStatus;
  operation?: string;
  /** Jobs that one request asks for (1 to 200; 50 unless told). */
  pageSize?: number;
}
