/**
 * `npm run costs`: writes the table of costs at the end of docs/deploy.md, from list prices and from what the benchmark
 * counts for each job. With `--check` it writes nothing and ends with 1 where the table is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { PRICES } from './prices.ts';

export interface Size {
  name: string;
  platforms: number;
  connections: number;
  /** Open at once on each connection, on average. */
  openJobs: number;
}

export const SIZES: readonly Size[] = [
  { name: 'small', platforms: 1, connections: 1, openJobs: 1 },
  { name: 'medium', platforms: 2, connections: 5, openJobs: 10 },
  { name: 'large', platforms: 4, connections: 20, openJobs: 100 },
];

/** The mean of the benchmark's mix of operations: nine minutes. */
const JOB_SECONDS = 540;
const MONTH_SECONDS = 730 * 3600;
const MEMORY_GIGABYTES = 0.5;
const RECONCILE_GIGABYTES = 1;
/** As the benchmark has it: 150 ms of its own, 150 ms of the platform's. */
const FUNCTION_SECONDS = 0.3;
/** A submit, and one question about the job. */
const REQUESTS_PER_JOB = 2;
const LOG_KILOBYTES_PER_CALL = 1;
/** A finished job of 2 KB stays for 30 days. */
const JOB_GIGABYTES = 2 / 1e6;
/**
 * Metrics that alarms read, which is what is billed. For each platform: the loop failed, check-jobs and submit-job have errors,
 * both are throttled, executions are throttled. For the stack: what monitoring.ts has besides.
 */
const ALARMS = { platform: 6, stack: 16, queries: 9 };
/** Metrics with a value in any hour of a connection that has work: submitted, finished, two ends, open, looks, size and two failures. */
const METRICS_PER_CONNECTION = 9;

export type Bill = Record<string, number>;

interface PerJob {
  transitions: number;
  ticks: number;
  writeUnits: number;
  readUnits: number;
}

/** What docs/benchmark.md counts for 1,000 jobs of a connection with so many open jobs. */
function measured(openJobs: number): PerJob {
  const page = readFileSync(new URL('../docs/benchmark.md', import.meta.url), 'utf8');
  const row = (section: string) => {
    const [, text = ''] = page.split(`\n## ${section}\n`);
    const rows = text
      .split('\n## ')[0]!
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim().replaceAll(',', '')));
    const found = rows.find(([, name, open]) => name === 'Pollux' && open === String(openJobs));
    if (!found)
      throw new Error(`docs/benchmark.md: "${section}" has no row of ${openJobs} open jobs: npm run bench -- --write`);
    return found.map((cell) => Number(cell) / 1000);
  };
  // After the name and the number: transitions and ticks; or dollars for transitions and Lambda, then units written and read.
  const [, , , transitions, ticks] = row('What is called');
  const [, , , , , writeUnits, readUnits] = row('What is billed');
  return { transitions: transitions!, ticks: ticks!, writeUnits: writeUnits!, readUnits: readUnits! };
}

export function jobsPerMonth({ connections, openJobs }: Size): number {
  return (connections * openJobs * MONTH_SECONDS) / JOB_SECONDS;
}

/** Dollars a month, by service. */
export function monthlyBill(size: Size): Bill {
  const { platforms, connections } = size;
  const perJob = measured(size.openJobs);
  const jobs = jobsPerMonth(size);
  const ticks = jobs * perJob.ticks;
  const reconciles = MONTH_SECONDS / 60;
  const requests = jobs * REQUESTS_PER_JOB;
  const calls = ticks + reconciles + requests;
  // Reconcile reads one item of every connection, and asks whether it has active jobs: once, where these are few.
  const readUnits = jobs * perJob.readUnits + reconciles * connections * 2;
  return {
    'Step Functions': jobs * perJob.transitions * PRICES.stateTransition,
    Lambda:
      calls * PRICES.lambdaRequest +
      ((calls - reconciles) * MEMORY_GIGABYTES + reconciles * RECONCILE_GIGABYTES) *
        FUNCTION_SECONDS *
        PRICES.lambdaGigabyteSecond,
    DynamoDB:
      jobs * perJob.writeUnits * PRICES.dynamoWriteUnit +
      readUnits * PRICES.dynamoReadUnit +
      jobs * JOB_GIGABYTES * PRICES.dynamoGigabyteMonth,
    'API and events': requests * PRICES.httpRequest + jobs * PRICES.event,
    'Logs of functions': ((calls * LOG_KILOBYTES_PER_CALL) / 1e6) * PRICES.logGigabyte,
    // An alarm on a query is billed for every metric that the query reads.
    'Alarms, metrics, dashboard':
      (ALARMS.platform * platforms + ALARMS.stack - ALARMS.queries + ALARMS.queries * connections) * PRICES.alarmMonth +
      connections * METRICS_PER_CONNECTION * PRICES.customMetricMonth +
      PRICES.dashboardMonth,
    Secrets: connections * PRICES.secretMonth,
  };
}

export function costsTable(sizes: readonly Size[] = SIZES): string {
  const bills = sizes.map(monthlyBill);
  const total = (bill: Bill) => Object.values(bill).reduce((sum, dollars) => sum + dollars, 0);
  const number = (value: number) => Math.round(value).toLocaleString('en');
  const rows = [
    ['$ a month', ...sizes.map(({ name }) => name)],
    ['---', ...sizes.map(() => '---:')],
    ['platforms', ...sizes.map(({ platforms }) => number(platforms))],
    ['connections', ...sizes.map(({ connections }) => number(connections))],
    ['open jobs on each', ...sizes.map(({ openJobs }) => number(openJobs))],
    ['jobs a month', ...sizes.map((size) => number(jobsPerMonth(size)))],
    ...Object.keys(bills[0]!).map((service) => [service, ...bills.map((bill) => bill[service]!.toFixed(2))]),
    ['**together**', ...bills.map((bill) => `**${total(bill).toFixed(2)}**`)],
    ['for 1,000 jobs', ...bills.map((bill, index) => ((total(bill) / jobsPerMonth(sizes[index]!)) * 1000).toFixed(3))],
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const MARKER = '<!-- Below this line: npm run costs. -->';

/** The page with the table as it should be. */
export function withCosts(page: string): string {
  return `${page.split(MARKER)[0]}${MARKER}\n\n${costsTable()}\n`;
}

if (import.meta.main) {
  const file = new URL('../docs/deploy.md', import.meta.url);
  const page = readFileSync(file, 'utf8');
  if (!process.argv.includes('--check')) writeFileSync(file, withCosts(page));
  else if (page !== withCosts(page)) {
    console.error('docs/deploy.md is stale: npm run costs');
    process.exitCode = 1;
  }
}
