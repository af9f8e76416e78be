import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** CloudWatch's embedded metric format, as check-jobs writes it once a tick. */
interface MetricLine {
  _aws?: { Timestamp: number };
  LookLag?: number | number[];
  Looks?: number;
}

/** The metric LookLag of all ticks between two moments (epoch ms), and how many looks each stands for, from the engine's logs. */
export function readLookLags(folder: string, from: number, to: number): [milliseconds: number, looks: number][] {
  const files = readdirSync(folder).filter((name) => /CheckJobs/i.test(name));
  const lines = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  return lines.flatMap((line) => {
    const { _aws, LookLag, Looks } = line.includes('"LookLag"') ? (JSON.parse(line) as MetricLine) : {};
    if (LookLag === undefined || Looks === undefined || !_aws || _aws.Timestamp < from || _aws.Timestamp > to)
      return [];
    const lags = [LookLag].flat();
    return lags.map((lag): [number, number] => [lag, Looks / lags.length]);
  });
}
