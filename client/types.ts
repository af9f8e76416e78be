import type { z } from 'zod';
import type { reportRequest } from '../shared/api/report.ts';
import type { commonFields } from '../shared/api/requests.ts';
import type { JobStatus } from '../shared/job/job.ts';
import type { connectionCheckView, connectionsView, jobPageView, jobView } from '../shared/openapi/views.ts';
import type * as bmc from '../shared/platforms/bmc/request.ts';
import type * as cloudstack from '../shared/platforms/cloudstack/request.ts';
import type * as f5Vcmp from '../shared/platforms/f5-vcmp/request.ts';
import type * as symphony from '../shared/platforms/symphony/request.ts';
import type * as task from '../shared/platforms/task/request.ts';
import type * as vsphere from '../shared/platforms/vsphere/request.ts';

/** Types alone, all of them derived from the schemas that the API validates by. */

interface Requests {
  vsphere: typeof vsphere;
  cloudstack: typeof cloudstack;
  'f5-vcmp': typeof f5Vcmp;
  symphony: typeof symphony;
  bmc: typeof bmc;
  task: typeof task;
}

export type Platform = keyof Requests;

/** `<platform>/<connection>`, as `vsphere/dc1`. */
export type ConnectionName<P extends Platform = Platform> = `${P}/${string}`;

/** What the body of a submit or an adoption may have on every platform. */
export type CommonFields = z.input<z.ZodObject<typeof commonFields>>;

/** Body of a submit. */
export type SubmitRequest<P extends Platform = Platform> = {
  [Name in P]: z.input<Requests[Name]['submitRequest']> & CommonFields;
}[P];

/** Body of an adoption. */
export type AdoptRequest<P extends Platform = Platform> = {
  [Name in P]: z.input<Requests[Name]['adoptRequest']> & CommonFields;
}[P];

export type Job = z.infer<typeof jobView>;
export type JobPage = z.infer<typeof jobPageView>;
export type Connection = z.infer<typeof connectionsView>['connections'][number];
export type ConnectionCheck = z.infer<typeof connectionCheckView>;
export type Report = z.input<typeof reportRequest>;
export type { OpenStatus, TerminalStatus } from '../shared/job/job.ts';
export type { JobStatus };

/** A job, or its name `<platform>/<connection>/<id>`. */
export type JobReference = string | Pick<Job, 'platform' | 'connection' | 'id'>;

export interface ListQuery {
  status?: JobStatus;
  operation?: string;
  /** Jobs that one request asks for (1 to 200; 50 unless told). */
  pageSize?: number;
}
