import { type Followed, type Measurement, mean, quantile } from './measure.ts';
import { bill, type Usage } from './prices.ts';
import type { PolluxMeasurement } from './run-pollux.ts';

/** A table for the terminal and for Markdown alike; columns of numbers are aligned on the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = head.map((name, i) => {
    const cells = rows.map((row) => row[i]!);
    const width = Math.max(name.length, 3, ...cells.map((cell) => cell.length));
    return { width, right: i > 0 && cells.every((cell) => NUMBER.test(cell)) };
  });
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (columns[i]!.right ? cell.padStart(columns[i]!.width) : cell.padEnd(columns[i]!.width))).join(' | ')} |`;
  const rule = columns.map(({ width, right }) => (right ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

const NUMBER = /^([\d.,]+( ?[s%h])?|any)$/;

/** Of everything that is counted, for 1,000 jobs. */
export function per1000(measured: Measurement): Usage & { looks: number; remoteCalls: number } {
  const factor = 1000 / measured.jobs.length;
  const scaled = Object.fromEntries(Object.entries(measured.usage).map(([name, count]) => [name, count * factor]));
  return {
    ...(scaled as unknown as Usage),
    looks: measured.looks * factor,
    remoteCalls: measured.remoteCalls * factor,
  };
}

export function countsTable(measurements: readonly Measurement[]): string {
  const head = ['for 1,000 jobs', 'open', 'state transitions', 'Lambda calls', 'remote calls', 'jobs looked at'];
  const rows = measurements.map((measured) => {
    const { transitions, lambdaCalls, looks, remoteCalls } = per1000(measured);
    return [measured.strategy, openOf(measured), ...[transitions, lambdaCalls, remoteCalls, looks].map(whole)];
  });
  return table(head, rows);
}

export function dollarsTable(measurements: readonly Measurement[]): string {
  const head = [
    '$ for 1,000 jobs',
    'open',
    'transitions',
    'Lambda',
    'write units',
    'read units',
    'DynamoDB',
    'EventBridge',
    'together',
  ];
  const rows = measurements.map((measured) => {
    const usage = per1000(measured);
    const { transitions, lambda, dynamo, events, total } = bill(usage);
    return [
      measured.strategy,
      openOf(measured),
      ...[transitions, lambda].map(dollars),
      ...[usage.writeUnits, usage.readUnits].map(whole),
      ...[dynamo, events, total].map(dollars),
    ];
  });
  return table(head, rows);
}

export function delayTable(measurements: readonly Measurement[]): string {
  const head = ['delay', 'open', 'jobs', 'mean', 'p50', 'p95', 'p50 of duration', 'p95 of duration'];
  const rows = measurements.map((measured) => {
    const delays = delaysOf(measured.jobs);
    const relative = measured.jobs.map(({ seconds, delaySeconds }) => delaySeconds / seconds);
    return [
      measured.strategy,
      openOf(measured),
      whole(delays.length),
      ...[mean(delays), quantile(delays, 0.5), quantile(delays, 0.95)].map(seconds),
      ...[quantile(relative, 0.5), quantile(relative, 0.95)].map((share) => `${(share * 100).toFixed(1)} %`),
    ];
  });
  return table(head, rows);
}

/** Ticks as a model of the loop counts them, for all jobs and for those that began and ended while it was measured. */
export function loopTable(measurements: readonly PolluxMeasurement[]): string {
  const head = [
    'Pollux',
    'ticks/h',
    'ticks/job',
    'take-overs/job',
    'looks/job',
    'jobs',
    'mean',
    'p95',
    'ticks/job',
    'looks/job',
  ];
  const rows = measurements.map(({ open, jobs, begunMeanwhile, ticks, takeOvers, looks, virtualSeconds }) => {
    const delays = delaysOf(begunMeanwhile);
    return [
      `${whole(open!)} open`,
      whole((ticks! / virtualSeconds) * 3600),
      (ticks! / jobs.length).toFixed(4),
      (takeOvers! / jobs.length).toFixed(3),
      (looks / jobs.length).toFixed(1),
      whole(begunMeanwhile.length),
      seconds(mean(delays)),
      seconds(quantile(delays, 0.95)),
      (ticks! / begunMeanwhile.length).toFixed(4),
      (looks / begunMeanwhile.length).toFixed(1),
    ];
  });
  return table(head, rows);
}

export function delaysOf(jobs: readonly Followed[]): number[] {
  return jobs.map(({ delaySeconds }) => delaySeconds);
}

function openOf({ open }: Measurement): string {
  return open === undefined ? 'any' : whole(open);
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function dollars(value: number): string {
  return value === 0 ? '0' : value >= 0.1 ? value.toFixed(2) : value.toFixed(4);
}

export function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}
