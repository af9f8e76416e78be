import type { XmlElement } from '../../xml/parse.ts';
import type { CallOptions } from '../adapter.ts';
import type { AdapterCall } from './adapter-request.ts';
import type { Fault } from './errors.ts';

/** An output of a workflow, as text (REST) or already parsed (ORCA). */
export interface Output {
  name: string;
  value: string | XmlElement;
}

export interface ExecuteOptions extends CallOptions {
  mode: 'sync' | 'async';
  /** See `HttpRequest.fresh`: for what must not be repeated. */
  fresh?: boolean;
}

export type Executed =
  | { kind: 'outputs'; outputs: Output[] }
  /** It runs; the id is the Orchestrator's own, and never that of the job. */
  | { kind: 'started'; workflow: string }
  | { kind: 'fault'; fault: Fault };

export type WorkflowStatus =
  | { kind: 'workflow'; state: string; outputs: Output[] }
  | { kind: 'gone' }
  | { kind: 'fault'; fault: Fault };

/** What the inputs of the workflow are called unless the connection says otherwise. */
export const DEFAULT_INPUTS = { adapter: 'adapter name', request: 'adapter request' };

/** A way to have a workflow run: the REST API or the ORCA service. Rejects never. */
export interface Carrier {
  execute(call: AdapterCall, options: ExecuteOptions): Promise<Executed>;
  status(workflow: string, options: CallOptions): Promise<WorkflowStatus>;
  /** Gives its session back, where it has one. */
  close?(): Promise<void>;
}
