/**
 * `npm run bench:load`: the local engine under load. A: 10,000 open jobs on one connection; B: 100 connections with 20 open
 * jobs each. Jobs that end are replaced, so that as many stay open for as long as it measures. About 5 minutes.
 * Switches: --only A|B, --jobs N, --connections N, --per-connection N, --callers N, --hold SECONDS, --ends N (a second).
 */
import { parseArgs } from 'node:util';
import { type Load, type Measured, runLoad } from './load/driver.ts';
import { printReport } from './load/report.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    jobs: { type: 'string', default: '10000' },
    connections: { type: 'string', default: '100' },
    'per-connection': { type: 'string', default: '20' },
    callers: { type: 'string', default: '16' },
    hold: { type: 'string', default: '60' },
    ends: { type: 'string', default: '20' },
  },
});
const common = {
  callers: Number(values.callers),
  holdSeconds: Number(values.hold),
  endsPerSecond: Number(values.ends),
};
const many = Number(values.connections);
const loads: Load[] = [
  { name: 'A', connections: 1, jobs: Number(values.jobs), ...common },
  { name: 'B', connections: many, jobs: many * Number(values['per-connection']), ...common },
];

const measured: Measured[] = [];
for (const load of loads) {
  if (values.only === undefined || values.only === load.name) measured.push(await runLoad(load));
}
process.exit(printReport(measured) ? 0 : 1);
