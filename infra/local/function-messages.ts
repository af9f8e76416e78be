/** What the pool of a function and its threads tell each other. */

export interface WorkerData {
  name: string;
  arn: string;
  taskRoot: string;
  /** `index.handler` */
  handler: string;
  memoryMb: number;
}

export interface InvocationMessage {
  requestId: string;
  event: string;
  deadline: number;
}

export interface FunctionFailure {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

export type WorkerMessage =
  | { kind: 'ready' }
  | { kind: 'init-failed'; failure: FunctionFailure }
  | { kind: 'result'; requestId: string; result: string }
  | { kind: 'failed'; requestId: string; failure: FunctionFailure };
