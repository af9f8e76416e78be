import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { EngineError } from './engine-error.ts';
import type { Resource } from './template.ts';

/** Amazon States Language as far as the engine looks into it. */
export interface State {
  Type: string;
  Resource?: string;
  Parameters?: Record<string, unknown>;
  TimeoutSeconds?: number;
  TimeoutSecondsPath?: string;
  Seconds?: number;
  SecondsPath?: string;
  Timestamp?: string;
  TimestampPath?: string;
  [field: string]: unknown;
}

export interface Definition {
  StartAt: string;
  States: Record<string, State>;
  TimeoutSeconds?: number;
  [field: string]: unknown;
}

const RUNNABLE = new Set(['Task', 'Wait', 'Choice', 'Pass', 'Succeed', 'Fail']);
/** The longest that one timer of Node can run: 2^31 ms, almost 25 days. */
const LONGEST_TIMER_SECONDS = 2_147_483;
export const LAMBDA_INVOKE = 'arn:aws:states:::lambda:invoke';

/** The definition in the template, checked as AWS would when it creates the state machine. */
export function readDefinition({ logicalId, properties }: Resource): Definition {
  const where = `state machine ${logicalId}`;
  if (properties.Definition === undefined && typeof properties.DefinitionString !== 'string') {
    throw new EngineError(`${where}: only a definition within the template runs locally`);
  }
  const substitutions = (properties.DefinitionSubstitutions ?? {}) as Record<string, unknown>;
  const text = (properties.DefinitionString as string | undefined) ?? JSON.stringify(properties.Definition);
  const definition = JSON.parse(
    text.replaceAll(/\$\{([\w-]+)\}/g, (match, name: string) => String(substitutions[name] ?? match)),
  ) as Definition;
  for (const [name, state] of Object.entries(definition.States)) {
    if (!RUNNABLE.has(state.Type))
      throw new EngineError(`${where}: state "${name}" is of type ${state.Type}, which does not run locally`);
    if ((state.QueryLanguage ?? definition.QueryLanguage) === 'JSONata') {
      throw new EngineError(`${where}: state "${name}" uses JSONata; only JSONPath runs locally`);
    }
    if (state.Type === 'Task' && state.Resource !== LAMBDA_INVOKE && !state.Resource?.startsWith('arn:aws:lambda:')) {
      throw new EngineError(`${where}: state "${name}" calls ${state.Resource}; only Lambda functions run locally`);
    }
  }
  try {
    new StateMachine(definition as unknown as StateMachineDefinition);
  } catch (cause) {
    throw new EngineError(`${where}: ${(cause as Error).message}`, { cause });
  }
  return definition;
}

/**
 * The same machine, free of three habits of aws-local-stepfunctions that AWS does not have: a task without a time limit
 * ends after 60 s there, a Wait of more than 25 days ends at once, and an abort leaves a Wait's timer running. So every task
 * has a limit, and a Wait is a task whose handler waits: it gets its duration and the state's input as parameters.
 */
export function prepare(state: State): State {
  if (state.Type === 'Task') {
    if (state.TimeoutSeconds !== undefined || state.TimeoutSecondsPath !== undefined) return state;
    return { ...state, TimeoutSeconds: LONGEST_TIMER_SECONDS };
  }
  if (state.Type !== 'Wait') return state;
  const { Seconds, SecondsPath, Timestamp, TimestampPath, ...rest } = state;
  const duration = {
    ...(Seconds !== undefined && { seconds: Seconds }),
    ...(SecondsPath !== undefined && { 'seconds.$': SecondsPath }),
    ...(Timestamp !== undefined && { timestamp: Timestamp }),
    ...(TimestampPath !== undefined && { 'timestamp.$': TimestampPath }),
  };
  return {
    ...rest,
    Type: 'Task',
    Resource: 'wait',
    Parameters: { ...duration, 'input.$': '$' },
    TimeoutSeconds: LONGEST_TIMER_SECONDS,
    // The handler remembers until when it waits, so the retry goes on with the same wait.
    Retry: [{ ErrorEquals: ['States.Timeout'], IntervalSeconds: 0, MaxAttempts: 1000 }],
  };
}
