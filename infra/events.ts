import { Aws, Fn, Names } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import * as pattern from '../shared/events/pattern.ts';

export { EVENT_SOURCE } from '../shared/events/bus.ts';
export type JobFilter = pattern.JobFilter;

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

/** With keys as CDK writes them. Throws as its namesake does. */
export function jobStatePattern(filter: JobFilter): events.EventPattern {
  const { 'detail-type': detailType, ...rest } = pattern.jobStatePattern(filter);
  return { detailType, ...rest };
}
