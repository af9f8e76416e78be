/** List prices of AWS in US East (N. Virginia), without free tiers, as of January 2026. In dollars. */
export const PRICES = {
  /** Step Functions, standard workflows: each state entered or retried. */
  stateTransition: 25 / 1e6,
  lambdaRequest: 0.2 / 1e6,
  /** On arm64, which the stack configures. */
  lambdaGigabyteSecond: 0.0000133334,
  /** DynamoDB on demand: 1 KB written; 4 KB read with strong consistency. */
  dynamoWriteUnit: 0.625 / 1e6,
  dynamoReadUnit: 0.125 / 1e6,
  /** EventBridge, custom events, for each 64 KB. */
  event: 1 / 1e6,
  /** HTTP API, requests. */
  httpRequest: 1 / 1e6,
} as const;

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
