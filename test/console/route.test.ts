import { describe, expect, it } from 'vitest';
import { href, parseRoute, type Route } from '../../console/route.ts';

const ID = '01M7YNJKK5WWKR7SCCJHHMHN14';
const of = { platform: 'vsphere', connection: 'dc1' };

describe('an address', () => {
  const routes: [string, Exclude<Route, { view: 'unknown' }>][] = [
    ['#/', { view: 'connections' }],
    ['#/vsphere/dc1', { view: 'jobs', ...of }],
    ['#/vsphere/dc1?status=FAILED', { view: 'jobs', ...of, status: 'FAILED' }],
    [`#/vsphere/dc1?status=FAILED&cursor=${ID}`, { view: 'jobs', ...of, status: 'FAILED', cursor: ID }],
    [`#/vsphere/dc1/${ID}`, { view: 'job', ...of, id: ID }],
    ['#/vsphere/dc1/operations', { view: 'operations', ...of }],
  ];
  it.each(routes)('%s is a view, and the view has this address', (hash, route) => {
    expect(parseRoute(hash)).toEqual(route);
    expect(href(route)).toBe(hash);
  });

  it.each(['', '#', '#//'])('%j is the first page', (hash) => {
    expect(parseRoute(hash)).toEqual({ view: 'connections' });
  });

  it.each([
    '#/vsphere',
    '#/vsphere/dc1/nothing',
    `#/vsphere/dc1/${ID}/x`,
    '#/a/%zz',
    '#/task/a%2Fb',
    '#/vsphere/d%631',
    '#/task/a b',
  ])('%s is no page: no name needs an escape, and the API takes none', (hash) => {
    expect(parseRoute(hash)).toEqual({ view: 'unknown' });
  });

  it('asks for no status and no page that there cannot be', () => {
    expect(parseRoute('#/vsphere/dc1?status=GREAT&cursor=../x')).toEqual({ view: 'jobs', ...of });
  });
});
