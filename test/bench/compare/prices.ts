import { PRICES } from '../../../infra/prices.ts';

/** Of every function of the stack (`infra/function.ts`); the rivals' get the same. */
export const MEMORY_GIGABYTES = 0.5;

/** What a run was billed for. */
export interface Usage {
  transitions: number;
  lambdaCalls: number;
  lambdaMs: number;
  writeUnits: number;
  readUnits: number;
  /** Chunks of 64 KB. */
  events: number;
}

export function noUsage(): Usage {
  return { transitions: 0, lambdaCalls: 0, lambdaMs: 0, writeUnits: 0, readUnits: 0, events: 0 };
}

export interface Bill {
  transitions: number;
  lambda: number;
  dynamo: number;
  events: number;
  total: number;
}

export function bill(usage: Usage): Bill {
  const transitions = usage.transitions * PRICES.stateTransition;
  const lambda =
    usage.lambdaCalls * PRICES.lambdaRequest + (usage.lambdaMs / 1000) * MEMORY_GIGABYTES * PRICES.lambdaGigabyteSecond;
  const dynamo = usage.writeUnits * PRICES.dynamoWriteUnit + usage.readUnits * PRICES.dynamoReadUnit;
  const events = usage.events * PRICES.event;
  return { transitions, lambda, dynamo, events, total: transitions + lambda + dynamo + events };
}
