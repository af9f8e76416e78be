import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import { eventDetails, eventDocument } from '../../infra/event-schemas.ts';
import { type CONNECTION_STATE_CHANGE, type ConnectionStateChange, JOB_STATE_CHANGE } from '../../shared/events/bus.ts';
import type { Job } from '../../shared/job/job.ts';
import { type JobStateChange, jobStateChange } from '../../shared/job/present.ts';
import { exampleStack, ofType } from './fixtures.ts';

const { template } = exampleStack();

describe('the schemas of the events', () => {
  it('are those of the events', () => {
    type JobDetail = z.infer<(typeof eventDetails)[typeof JOB_STATE_CHANGE]>;
    type ConnectionDetail = z.infer<(typeof eventDetails)[typeof CONNECTION_STATE_CHANGE]>;
    expectTypeOf<keyof JobDetail>().toEqualTypeOf<keyof JobStateChange>();
    expectTypeOf<keyof ConnectionDetail>().toEqualTypeOf<keyof ConnectionStateChange>();
    expectTypeOf<ConnectionDetail['status']>().toEqualTypeOf<ConnectionStateChange['status']>();
    const job: Job = {
      platform: 'vsphere',
      connection: 'dc1',
      id: '01K0000000000000000000000A',
      operation: 'PowerOnVM_Task',
      status: 'FAILED',
      error: { code: 'InvalidPowerState', message: 'It runs already.' },
      createdAt: 0,
      completedAt: 1000,
      deadline: 86_400_000,
      rev: 3,
    } as Job;
    const detail = jobStateChange(job, { eventId: 'e1', previousStatus: 'RUNNING' });
    expect(eventDetails[JOB_STATE_CHANGE].parse(detail)).toEqual(detail);
  });

  it('are in a registry, by the names that EventBridge itself would give them', () => {
    expect(ofType(template, 'AWS::EventSchemas::Registry')).toHaveLength(1);
    const schemas = ofType(template, 'AWS::EventSchemas::Schema').map(({ properties }) => properties);
    expect(schemas.map(({ SchemaName, Type }) => [SchemaName, Type])).toEqual([
      ['pollux@JobStateChange', 'OpenApi3'],
      ['pollux@ConnectionStateChange', 'OpenApi3'],
    ]);
    for (const { Content } of schemas) {
      expect(Content.length).toBeLessThan(100_000);
      const { AWSEvent, ...details } = JSON.parse(Content).components.schemas;
      expect(AWSEvent['x-amazon-events-source']).toBe('pollux');
      const [name] = Object.keys(details);
      expect(AWSEvent.properties.detail.$ref).toBe(`#/components/schemas/${name}`);
      expect(AWSEvent['x-amazon-events-detail-type'].replaceAll(' ', '')).toBe(name);
    }
  });

  it('are open for what a later version says, and valid for OpenAPI 3.0', () => {
    const text = JSON.stringify(eventDocument('JobStateChange', JOB_STATE_CHANGE, eventDetails[JOB_STATE_CHANGE]));
    expect(text).not.toContain('"additionalProperties":false');
    // Words of JSON Schema that OpenAPI 3.0 has not.
    for (const word of ['"const"', '"$schema"', '"propertyNames"', '"type":["']) expect(text).not.toContain(word);
  });
});
