import { Aws, Fn, Names } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import type { TerminalStatus } from '../shared/job/job.ts';

export const EVENT_SOURCE = 'pollux';
export const JOB_STATE_CHANGE = 'Job State Change';

/** Which ends of jobs a rule is about. Several values of a field are alternatives; a field left out matches all. */
export interface JobFilter {
  platforms?: string[];
  connections?: string[];
  operations?: string[];
  statuses?: TerminalStatus[];
}

/**
 * A bus cannot be without a name. This one is the stack's and a hash of the construct's place, so that neither a second
 * stack nor a second construct in one stack meets it.
 */
export function makeBus(scope: Construct, id: string): events.IEventBus {
  const place = Names.nodeUniqueId(scope.node).slice(-8);
  const bus = new events.EventBus(scope, id, {
    eventBusName: Fn.join('-', [Aws.STACK_NAME, place]),
    description: 'Pollux: Job State Change and Connection State Change',
  });
  // CDK's own types do not quite agree with each other under exactOptionalPropertyTypes.
  return bus as events.IEventBus;
}

export function jobStatePattern(filter: JobFilter): events.EventPattern {
  const fields = {
    platform: filter.platforms,
    connection: filter.connections,
    operation: filter.operations,
    status: filter.statuses,
  };
  const detail = Object.fromEntries(Object.entries(fields).filter(([, values]) => values !== undefined));
  for (const [field, values] of Object.entries(detail)) {
    if (values?.length === 0) throw new Error(`An empty list of values for "${field}" matches no job: leave it out`);
  }
  return {
    source: [EVENT_SOURCE],
    detailType: [JOB_STATE_CHANGE],
    ...(Object.keys(detail).length > 0 && { detail }),
  };
}
