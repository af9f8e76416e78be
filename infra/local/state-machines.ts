import { randomUUID } from 'node:crypto';
import { EXECUTION_STATUS_CHANGE } from '../../shared/loop/execution-events.ts';
import { AwsError } from './aws-error.ts';
import { Execution, type ExecutionEnd, MAX_PAYLOAD_BYTES } from './execution.ts';
import { ExecutionHistory, type ExecutionRecord } from './execution-history.ts';
import type { Functions } from './functions.ts';
import { type Definition, readDefinition } from './state-machine-definition.ts';
import type { Resource } from './template.ts';

interface Machine {
  arn: string;
  name: string;
  roleArn: string;
  definition: Definition;
}

/** From the API reference of StartExecution: white space, brackets, wildcards, special and control characters, surrogates. */
const FORBIDDEN_IN_NAME = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f\ufffe\uffff]|\p{Surrogate}/u;
const MAX_NAME_LENGTH = 80;

type Request = Record<string, unknown>;

export interface StatusChange {
  source: string;
  detailType: string;
  resources: string[];
  detail: Record<string, unknown>;
}

/** Delivers an event to the rules of the default bus; resolves when their targets have answered. */
export type Announce = (event: StatusChange) => Promise<void>;

/** The template's state machines behind the Step Functions API. */
export class StateMachines {
  transitions = 0;
  readonly #machines = new Map<string, Machine>();
  readonly #running = new Map<string, Execution>();
  readonly #history: ExecutionHistory;
  readonly #functions: Functions;
  readonly #announce: Announce;
  #stopped = false;

  constructor(resources: readonly Resource[], functions: Functions, historyFile: string, announce: Announce) {
    for (const resource of resources) {
      const arn = resource.attributes.Arn!;
      const roleArn = String(resource.properties.RoleArn ?? '');
      this.#machines.set(arn, { arn, name: resource.name, roleArn, definition: readDefinition(resource) });
    }
    this.#functions = functions;
    this.#announce = announce;
    this.#history = new ExecutionHistory(historyFile);
  }

  /** Tells of the executions that ended with the engine that ran before. One after the other: there may be many. */
  async announceCutOff(): Promise<void> {
    for (const record of this.#history.cutOff) if (!this.#stopped) await this.#announce(statusChange(record));
  }

  /** By `X-Amz-Target`. */
  readonly operations: Record<string, (request: Request) => unknown> = {
    'AWSStepFunctions.StartExecution': (request) => this.#start(request),
    'AWSStepFunctions.DescribeExecution': (request) => this.#describe(request),
    'AWSStepFunctions.StopExecution': (request) => this.#stopExecution(request),
    'AWSStepFunctions.ListExecutions': (request) => this.#list(request),
    // No state of ours waits for a task token, so no token that a caller hands over can be known here.
    'AWSStepFunctions.SendTaskSuccess': () => noSuchTask(),
    'AWSStepFunctions.SendTaskFailure': () => noSuchTask(),
    'AWSStepFunctions.SendTaskHeartbeat': () => noSuchTask(),
  };

  get running(): number {
    return this.#running.size;
  }

  /** Transitions of every execution still remembered, by ARN. */
  transitionsByExecution(): Record<string, number> {
    const over = [...this.#history.records.values()].map(({ arn, transitions = 0 }) => [arn, transitions]);
    const running = [...this.#running].map(([arn, { transitions }]) => [arn, transitions]);
    return Object.fromEntries([...over, ...running]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const executions = [...this.#running.values()];
    for (const execution of executions) execution.abort();
    await Promise.all(executions.map(({ ended }) => ended));
    // The continuation that notes the end runs after `ended` itself.
    await new Promise((resolve) => setImmediate(resolve));
    this.#history.close();
  }

  #start({ stateMachineArn, name = randomUUID(), input = '{}' }: Request): unknown {
    const machine = this.#machine(stateMachineArn);
    const executionName = validName(name);
    const parsed = validInput(input);
    const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${executionName}`;
    const existing = this.#history.records.get(arn);
    if (existing) {
      if (existing.status === 'RUNNING' && existing.input === input) return started(existing);
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    if (this.#stopped) throw new AwsError('ServiceUnavailable', 'the local engine is stopping');
    const record = this.#history.write({ arn, status: 'RUNNING', startDate: Date.now(), input: String(input) });
    const execution = new Execution(machine.definition, parsed, {
      machine: { Id: machine.arn, Name: machine.name },
      execution: { Id: arn, Name: executionName, RoleArn: machine.roleArn },
      invoke: (functionName, event) => this.#functions.invoke(functionName, event),
      onTransition: () => this.transitions++,
    });
    this.#running.set(arn, execution);
    void execution.ended.then((end) => this.#ended(arn, execution, end));
    return started(record);
  }

  #ended(arn: string, { transitions }: Execution, end: ExecutionEnd): void {
    this.#running.delete(arn);
    // What the stop of the engine ends has to go on: the next engine finds it cut off, as after a crash.
    if (this.#stopped) return;
    void this.#announce(statusChange(this.#history.write({ arn, ...end, stopDate: Date.now(), transitions })));
  }

  #describe({ executionArn }: Request): unknown {
    const record = this.#record(executionArn);
    return {
      stateMachineArn: machineArn(record.arn),
      name: record.arn.split(':').at(-1),
      status: record.status,
      ...started(record),
      ...(record.stopDate !== undefined && { stopDate: record.stopDate / 1000 }),
      ...(record.input !== undefined && { input: record.input, inputDetails: { included: true } }),
      ...(record.output !== undefined && { output: record.output, outputDetails: { included: true } }),
      ...(record.error !== undefined && { error: record.error }),
      ...(record.cause !== undefined && { cause: record.cause }),
      redriveCount: 0,
    };
  }

  async #stopExecution({ executionArn, error, cause }: Request): Promise<unknown> {
    const { arn } = this.#record(executionArn);
    const execution = this.#running.get(arn);
    execution?.abort(error as string | undefined, cause as string | undefined);
    await execution?.ended;
    return { stopDate: (this.#history.records.get(arn)!.stopDate ?? Date.now()) / 1000 };
  }

  #list({ stateMachineArn, statusFilter, maxResults = 100 }: Request): unknown {
    const machine = this.#machine(stateMachineArn);
    const found = [...this.#history.records.values()]
      .filter(({ arn, status }) => machineArn(arn) === machine.arn && (statusFilter ?? status) === status)
      .sort((left, right) => right.startDate - left.startDate)
      .slice(0, Number(maxResults) || 100);
    return {
      executions: found.map(({ arn, status, startDate, stopDate }) => ({
        executionArn: arn,
        stateMachineArn: machine.arn,
        name: arn.split(':').at(-1),
        status,
        startDate: startDate / 1000,
        ...(stopDate !== undefined && { stopDate: stopDate / 1000 }),
      })),
    };
  }

  #machine(arn: unknown): Machine {
    if (typeof arn !== 'string' || !arn.startsWith('arn:')) throw new AwsError('InvalidArn', `Invalid Arn: '${arn}'`);
    const machine = this.#machines.get(arn);
    if (!machine) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  #record(arn: unknown): ExecutionRecord {
    if (typeof arn !== 'string' || !arn.startsWith('arn:')) throw new AwsError('InvalidArn', `Invalid Arn: '${arn}'`);
    const record = this.#history.records.get(arn);
    if (!record) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return record;
  }
}

/** What AWS puts on the account's default bus when an execution is over. */
function statusChange({ arn, status, startDate, stopDate }: ExecutionRecord): StatusChange {
  const stateMachineArn = machineArn(arn);
  const detail = { executionArn: arn, stateMachineArn, name: arn.split(':').at(-1)!, status, startDate, stopDate };
  return { source: 'aws.states', detailType: EXECUTION_STATUS_CHANGE, resources: [arn], detail };
}

function machineArn(executionArn: string): string {
  return executionArn.replace(':execution:', ':stateMachine:').split(':').slice(0, -1).join(':');
}

function started({ arn, startDate }: ExecutionRecord): { executionArn: string; startDate: number } {
  return { executionArn: arn, startDate: startDate / 1000 };
}

function validName(name: unknown): string {
  if (typeof name === 'string' && name.length > 0 && name.length <= MAX_NAME_LENGTH && !FORBIDDEN_IN_NAME.test(name))
    return name;
  throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
}

function validInput(input: unknown): unknown {
  const bytes = Buffer.byteLength(String(input));
  if (bytes > MAX_PAYLOAD_BYTES) {
    throw new AwsError(
      'InvalidExecutionInput',
      `Invalid execution input: ${bytes} bytes, the limit is ${MAX_PAYLOAD_BYTES}`,
    );
  }
  try {
    return JSON.parse(String(input));
  } catch {
    throw new AwsError('InvalidExecutionInput', `Invalid execution input: it is not JSON`);
  }
}

function noSuchTask(): never {
  throw new AwsError('TaskDoesNotExist', 'Task does not exist: no state machine on this machine waits for that token');
}
