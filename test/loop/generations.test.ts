import { describe, expect, test } from 'vitest';
import { HAND_OVER_AT_EVENTS, LOOP_GENERATION, NO_STATE, readableState } from '../../shared/loop/soft-state.ts';
import { World } from '../support/world.ts';

describe('an execution that began before a deploy', () => {
  test('with another definition it hands over to one of the present definition, and no job is lost', async () => {
    const world = new World();
    const reasons: (string | undefined)[] = [];
    world.observe = (_input, answer) => void (answer.next === 'done' && reasons.push(answer.reason));
    world.generation = LOOP_GENERATION - 1;
    await world.submit(3_000);
    await world.run(world.time + 5_000);
    world.generation = LOOP_GENERATION;
    await world.run(world.time + 1_000_000);
    expect(reasons).toEqual(['handed over']);
    expect(world.live().map(({ generation }) => generation)).toEqual([LOOP_GENERATION]);
    await world.run();
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });

  test('while only the old definition is there, hand-overs are as far apart as ticks, not in a row', async () => {
    const world = new World();
    world.generation = LOOP_GENERATION - 1;
    await world.submit(1e9);
    await world.run(world.time + 3_600_000);
    expect(world.executions.length).toBeGreaterThan(1);
    expect(world.ticks).toBeGreaterThanOrEqual(2 * world.executions.length - 1);
    expect(world.live()).toHaveLength(1);
  });
});

describe('soft state', () => {
  const state = { ...NO_STATE, events: 70, looks: { base: 1, looks: 'AAAAAAAAAAAAAAA' }, failures: 2 };

  test('of this version is taken as it is, and so is what was written before versions', () => {
    expect(readableState(state)).toBe(state);
    const { v: _none, ...unnumbered } = state;
    expect(readableState(unnumbered)).toEqual(unnumbered);
  });

  test.each([0, 2, 99])('of version %d is taken for none, and the execution hands over', async (v) => {
    expect(readableState({ ...state, v })).toEqual({ ...NO_STATE, events: HAND_OVER_AT_EVENTS });
    const world = new World();
    await world.submit(3_000);
    await world.run(world.time + 60_000);
    world.live()[0]!.input.state!.v = v;
    await world.run();
    expect(world.executions).toHaveLength(2);
    expect(world.finished()).toEqual(['SUCCEEDED']);
  });
});
