import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { Pollux } from '../../infra/pollux.ts';
import { TRANSITIONS_PER_TICK, waitLoopDefinition } from '../../infra/wait-loop.ts';
import { ENDED_METRICS } from '../../shared/observe/metrics.ts';
import { asText, exampleConnections, exampleStack, ofType } from './fixtures.ts';

interface Widget {
  type: string;
  x: number;
  y: number;
  width: number;
  height: number;
  properties: { title?: string; markdown?: string; metrics?: any[][] };
}

function widgetsOf(body: unknown): Widget[] {
  return JSON.parse(asText(body)).widgets;
}

const [dashboard] = ofType(exampleStack().template, 'AWS::CloudWatch::Dashboard');
const widgets = widgetsOf(dashboard!.properties.DashboardBody);
const titles = widgets.map(({ properties }) => properties.title).filter((title) => title !== undefined);
const metrics = widgets.flatMap(({ properties }) => properties.metrics ?? []);

describe('the dashboard', () => {
  it('has open jobs, ends, looks and the longest unknown of every connection', () => {
    for (const [platform, connections] of Object.entries(exampleConnections)) {
      for (const connection of Object.keys(connections)) {
        const own = titles.filter((title) => title.startsWith(`${platform}/${connection}: `));
        expect(own.map((title) => title.split(': ')[1])).toEqual(['open jobs', 'ends', 'looks', 'longest unknown, s']);
      }
    }
  });

  it('has ticks, their duration, errors and loops of every platform, and what looking costs', () => {
    for (const platform of Object.keys(exampleConnections)) {
      const own = titles.filter((title) => title.startsWith(`${platform}: `));
      expect(own.map((title) => title.split(': ')[1])).toEqual(['ticks', 'duration of a tick, ms', 'errors', 'loops']);
    }
    expect(titles.filter((title) => title.startsWith('Cost of looking'))).toHaveLength(1);
  });

  it('reads metrics that the code counts, by the dimensions that it counts them with', () => {
    const root = join(import.meta.dirname, '..', '..');
    const sources = globSync(['shared/**/*.ts', 'functions/**/*.ts'], { cwd: root });
    const code = sources.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
    const own = metrics.filter(([namespace]) => namespace === 'Pollux');
    const ended = new Set<string>(Object.values(ENDED_METRICS));
    expect(own.length).toBeGreaterThan(80);
    for (const [, name, ...dimensions] of own) {
      if (!ended.has(name)) expect(code).toContain(`metrics.count('${name}'`);
      expect([dimensions[0], dimensions[2], dimensions[4]]).toEqual(['connection', 'platform', 'service']);
      expect(dimensions[5]).toBe('${AWS::StackName}');
    }
    expect(new Set(own.map(([, name]) => name))).toEqual(new Set([...own.map(([, name]) => name), ...ended]));
  });

  it('counts the transitions that a turn of the loop is billed for', () => {
    const { States } = waitLoopDefinition('arn') as { States: Record<string, { Type: string }> };
    const turn = Object.values(States).filter(({ Type }) => Type !== 'Succeed');
    expect(turn).toHaveLength(TRANSITIONS_PER_TICK);
    const costs = metrics.map(([{ expression }]) => expression).filter((expression) => expression !== undefined);
    expect(costs[0]).toMatch(/^\(ticks0(\+ticks\d)+\)\*3\*0\.000025$/);
    for (const expression of costs) expect(expression).not.toMatch(/e-/);
  });

  it('overlaps nowhere, and stays within 24 columns', () => {
    const taken = new Set<string>();
    for (const { x, y, width, height } of widgets) {
      expect(x + width).toBeLessThanOrEqual(24);
      for (let column = x; column < x + width; column++) {
        for (let row = y; row < y + height; row++) {
          expect(taken).not.toContain(`${column} ${row}`);
          taken.add(`${column} ${row}`);
        }
      }
    }
  });

  it('keeps within the 500 widgets of CloudWatch, however many connections there are', () => {
    const task = Object.fromEntries(Array.from({ length: 130 }, (_, index) => [`c${index}`, {}]));
    const stack = new Stack(new App(), 'Many');
    new Pollux(stack, 'Pollux', { connections: { task } });
    const [found] = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'));
    const many = widgetsOf(found!.Properties.DashboardBody);
    expect(many.length).toBeLessThanOrEqual(500);
    expect(many.filter(({ properties }) => properties.markdown?.startsWith('50 more'))).toHaveLength(1);
  });
});
