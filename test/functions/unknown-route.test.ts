import { describe, expect, test } from 'vitest';
import { unknownRoute } from '../../functions/unknown-route/unknown-route.ts';

const PLATFORMS = ['vsphere', 'cloudstack'];

describe('a request that no route takes is answered with what is wrong with it', () => {
  test.each([
    ['POST', '/v1/vpshere/lab/jobs', 404, 'There is no platform "vpshere" with a connection. Did you mean "vsphere"?'],
    ['POST', '/v1/vpshere/lab/check', 404, 'Did you mean "vsphere"?'],
    ['POST', '/v1/oracle/lab/jobs/01K/cancel', 404, 'Configured: vsphere, cloudstack.'],
    ['POST', '/v1/constructor/lab/jobs', 404, 'There is no platform "constructor"'],
    ['DELETE', '/v1/vsphere/lab/jobs/01K', 405, '/v1/vsphere/lab/jobs/01K takes GET, not DELETE.'],
    ['PUT', '/v1/vsphere/lab/jobs', 405, 'takes GET, POST, not PUT.'],
    ['POST', '/v1/connections', 405, 'takes GET, not POST.'],
    ['POST', '/v1/cloudstack/lab/jobs/01K/report', 404, 'Jobs of cloudstack do not support "report".'],
    ['GET', '/v1/vsphere/lab/job', 404, 'The API has no path /v1/vsphere/lab/job.'],
    ['GET', '/v1/', 404, 'The API has no path /v1/.'],
  ])('%s %s: %i', (method, path, status, detail) => {
    const problem = unknownRoute(method, path, PLATFORMS);
    expect(problem.status).toBe(status);
    expect(problem.message).toContain(detail);
  });

  test('405 says which methods there are in the header Allow', () => {
    expect(unknownRoute('PATCH', '/v1/vsphere/lab/jobs', PLATFORMS).headers).toEqual({ allow: 'GET, POST' });
  });
});
