import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { adapter } from '../../../shared/platforms/f5-vcmp/index.ts';
import { portalUrl } from '../../../shared/platforms/f5-vcmp/portal.ts';
import { STATE } from './rig.ts';

const set = { operation: 'set_guest_state', guests: ['guest1', 'guest2'], state: `${STATE}DEPLOYED` };
const create = {
  operation: 'create',
  guests: ['g1'],
  hostnames: ['g1.example.com'],
  images: ['BIGIP.iso'],
  addresses: [{ address: '192.0.2.10', netmask: '255.255.255.0' }],
  gateways: ['192.0.2.1'],
  vlans: [[]],
};

describe('what the adapter accepts', () => {
  it.each([
    [set],
    [create],
    [{ ...create, state: `${STATE}CONFIGURED` }],
    [{ operation: 'delete_guest', guests: ['g'] }],
  ])('%j', (body) => {
    expect(adapter.submitRequest.safeParse(body).success).toBe(true);
  });

  it.each([
    ['F5-17 a name in a partition', { ...set, guests: ['/Common/guest1'] }],
    ['markup in a name', { ...set, guests: ['a><b'] }],
    ['a guest twice', { ...set, guests: ['a', 'a'] }],
    ['no guest', { ...set, guests: [] }],
    ['too many guests', { ...set, guests: Array.from({ length: 51 }, (_, n) => `g${n}`) }],
    ['a state that can only be told', { ...set, state: `${STATE}UNKNOWN` }],
    ['a status for a state', { ...set, state: 'VCMP_STATUS_RUNNING' }],
    ['arrays of different lengths', { ...create, gateways: [] }],
    ['a control character', { ...create, hostnames: ['a\u0001'] }],
    ['half a surrogate pair', { ...create, images: ['\ud800'] }],
    ['a state of a delete', { operation: 'delete_guest', guests: ['g'], state: `${STATE}DEPLOYED` }],
    ['another operation', { operation: 'get_list', guests: ['g'] }],
    ['an unknown key', { ...set, force: true }],
  ])('but not %s', (_, body) => {
    expect(adapter.submitRequest.safeParse(body).success).toBe(false);
  });

  it('adopts set_guest_state alone', () => {
    expect(adapter.adoptRequest.safeParse({ ...set, adopt: {} }).success).toBe(true);
    expect(adapter.adoptRequest.safeParse({ ...set, adopt: { id: 1 } }).success).toBe(false);
    expect(adapter.adoptRequest.safeParse({ ...create, adopt: {} }).success).toBe(false);
  });

  it.each([
    [{ url: 'https://viprion.example.com', secret: 's' }, true],
    [{ url: 'http://viprion.example.com', secret: 's' }, false],
    [{ url: 'https://viprion.example.com' }, false],
    [{ url: 'https://viprion.example.com?x=1', secret: 's' }, false],
    [{ url: 'https://viprion.example.com', secret: 's', insecure: true }, false],
  ])('options %j: %s', (options, accepted) => {
    expect(adapter.options.safeParse(options).success).toBe(accepted);
  });

  it('F5-19 finds the portal under the url of the connection', () => {
    const portal = 'https://b.example.com/iControl/iControlPortal.cgi';
    for (const url of ['https://b.example.com', 'https://b.example.com/', portal])
      expect(portalUrl({ url })).toBe(portal);
  });

  it('has schemas that an editor can be given', () => {
    for (const schema of [adapter.options, adapter.submitRequest, adapter.adoptRequest]) {
      expect(() => z.toJSONSchema(schema, { io: 'input' })).not.toThrow();
    }
  });

  it('documents what it decides by', () => {
    const { states, errors } = adapter.documentation!;
    expect(states.map(({ platform }) => platform)).toContain('VCMP_STATUS_WAIT_MIGRATE');
    expect(errors).toContainEqual({
      code: '01020036',
      onLook: 'not_found',
      onSubmit: 'refused',
      why: 'there is no such guest, or what else the text names',
    });
    for (const row of [...states, ...errors]) expect(Object.values(row).every((text) => text.length > 0)).toBe(true);
  });
});
