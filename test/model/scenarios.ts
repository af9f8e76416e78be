import { HAND_OVER_AT_EVENTS } from '../../shared/loop/soft-state.ts';
import { canceler, submitter } from './programs.ts';
import { NOTHING, scenario, sleepingLoop } from './scenario.ts';
import type { Scenario, State } from './state.ts';

/** Callers with one key are answered with one job; another one is made only where the first was never started. */
function oneJob({ answers, table }: State): string[] {
  const ids = new Set([...answers.values()].flatMap((said) => /"id":"(\w+)"/.exec(said)?.[1] ?? []));
  const jobs = [...table.items.keys()].filter((name) => name.includes('|job/'));
  return ids.size > 1 || jobs.length > 1 ? [`one key, and ${jobs.length} jobs, ${ids.size} of them told`] : [];
}

/**
 * Once the platform answers again, the caller's repetition makes a new job; unless the first one ended LOST, because its
 * submitter died before anybody knew that nothing was started.
 */
function startsAgain({ answers }: State): string[] {
  const said = answers.get('B') ?? '';
  const right = said === '' || said.includes('"isNew":true') || said.includes('"status":"LOST"');
  return right ? [] : [`B was answered ${said}`];
}

/** A task that is tried again waits with another token, which is completed too. */
function bothCalledBack({ told }: State): string[] {
  const waiting = ['A', 'B'].filter((token) => !told.includes(`token ${token}`));
  return waiting.map((token) => `nobody completed the task token ${token}`);
}

const crash = { ...NOTHING, crashes: 1 };
const twoSubmits = [submitter('A'), submitter('B', { until: 13 })];
const key = 'k';

/** Seconds of work each: they run with `npm test`. */
export const SMALL: readonly Scenario[] = [
  scenario('two submits and the close, nothing repaired', { actors: twoSubmits, reconcile: false }),
  scenario('two submits and the close, delays, nothing repaired', {
    actors: twoSubmits,
    reconcile: false,
    budget: { ...NOTHING, delays: 2 },
  }),
  scenario('a sleeping loop and two submits, a delay, nothing repaired', {
    actors: [submitter('A'), submitter('B', { from: 13 })],
    before: sleepingLoop(20),
    reconcile: false,
    budget: { ...NOTHING, delays: 1 },
  }),
  scenario('two submits and the close, a crash', { actors: twoSubmits, budget: crash }),
  scenario('a sleeping loop and a submit, a crash that is told', {
    actors: [submitter('A')],
    before: sleepingLoop(20),
    failuresTold: true,
    budget: crash,
  }),
  scenario('two submits and the close, a call fails', { actors: twoSubmits, budget: { ...NOTHING, faults: 1 } }),
  scenario('hand-over and a submit, a crash', {
    actors: [submitter('A', { until: 20 })],
    before: sleepingLoop(20, HAND_OVER_AT_EVENTS - 10),
    budget: crash,
  }),
  scenario('one key twice, a crash', {
    actors: [submitter('A', { key }), submitter('B', { key, until: 13 })],
    budget: crash,
    end: oneJob,
  }),
  scenario('one key twice, the platform refuses, a crash', {
    actors: [submitter('A', { key, does: 'refused' }), submitter('B', { key, does: 'refused', until: 60 })],
    budget: crash,
    end: oneJob,
  }),
  scenario('a key again after the platform was unavailable, a crash', {
    actors: [submitter('A', { key, does: 'unavailable' }), submitter('B', { key, does: 'unavailable', from: 300 })],
    budget: crash,
    end: startsAgain,
  }),
  scenario('one key, two task tokens, a crash', {
    actors: [submitter('A', { key, taskToken: 'A' }), submitter('B', { key, taskToken: 'B', until: 30 })],
    budget: crash,
  }),
  scenario('one key, two task tokens, a call fails', {
    actors: [submitter('A', { key, taskToken: 'A' }), submitter('B', { key, taskToken: 'B', from: 60 })],
    budget: { ...NOTHING, faults: 1 },
  }),
  scenario('one key, two task tokens', {
    actors: [submitter('A', { key, taskToken: 'A' }), submitter('B', { key, taskToken: 'B', until: 60 })],
    end: bothCalledBack,
  }),
  scenario('deadline and the end, a crash', {
    actors: [
      submitter('A', { seconds: 14, deadlineSeconds: 15 }),
      submitter('B', { seconds: 60, deadlineSeconds: 15 }),
    ],
    budget: crash,
  }),
  scenario('a handle that is replaced, a task token, a crash and a call that fails', {
    actors: [submitter('A', { does: 'pending', taskToken: 't' })],
    budget: { ...crash, faults: 1 },
  }),
];

/** With the small ones: all that `npm run model` goes through. */
export const LARGE: readonly Scenario[] = [
  scenario('two submits and the close, a crash that is told', {
    actors: twoSubmits,
    failuresTold: true,
    budget: crash,
  }),
  scenario('two submits and the close, two crashes', { actors: twoSubmits, budget: { ...NOTHING, crashes: 2 } }),
  scenario('two submits at once, a crash and a call that fails', {
    actors: [submitter('A'), submitter('B')],
    budget: { ...crash, faults: 1 },
  }),
  scenario('hand-over and a submit, a crash and a delay', {
    actors: [submitter('A', { from: 20 })],
    before: sleepingLoop(20, HAND_OVER_AT_EVENTS - 10),
    budget: { ...crash, delays: 1 },
  }),
  scenario('a submit, three crashes', { actors: [submitter('A')], budget: { ...NOTHING, crashes: 3 } }),
  scenario('a submit, two crashes and a delay', {
    actors: [submitter('A')],
    budget: { ...NOTHING, crashes: 2, delays: 1 },
  }),
  scenario('a submit, two calls that fail', {
    actors: [submitter('A', { taskToken: 't' })],
    budget: { ...NOTHING, faults: 2 },
  }),
  scenario('a sleeping loop and two submits, a crash', { actors: twoSubmits, before: sleepingLoop(20), budget: crash }),
  scenario('a sleeping loop and its successor, two crashes', {
    actors: [submitter('A')],
    before: sleepingLoop(20),
    budget: { ...NOTHING, crashes: 2 },
  }),
  scenario('a sleeping loop and its successor, a crash and a call that fails', {
    actors: [submitter('A')],
    before: sleepingLoop(20),
    budget: { ...crash, faults: 1 },
  }),
  scenario('a sleeping loop and its successor, a crash and a delay', {
    actors: [submitter('A')],
    before: sleepingLoop(20),
    budget: { ...crash, delays: 1 },
  }),
  scenario('a sleeping loop and an unanswered submit, a crash and a delay', {
    actors: [submitter('A', { does: 'unanswered' })],
    before: sleepingLoop(2),
    budget: { ...crash, delays: 1 },
  }),
  scenario('unanswered, and never arrived, a crash', {
    actors: [submitter('A', { does: 'unanswered' }), submitter('B', { does: 'lost' })],
    budget: crash,
  }),
  scenario('cancel and the end, a crash', {
    actors: [submitter('A', { seconds: 20 }), canceler('C', 'A', { until: 30 })],
    budget: crash,
  }),
  scenario('one key twice, at once, a crash and a call that fails', {
    actors: [submitter('A', { key }), submitter('B', { key })],
    budget: { ...crash, faults: 1 },
    end: oneJob,
  }),
];

/** Too large to go through: schedules are drawn at random. */
export const DEEP: readonly Scenario[] = [
  scenario('five callers, a cancel, four mishaps of each kind', {
    actors: [
      submitter('A', { until: 40 }),
      submitter('B', { does: 'unanswered', until: 100 }),
      submitter('C', { seconds: 60, key, until: 200 }),
      submitter('D', { seconds: 60, key, until: 300 }),
      submitter('E', { does: 'pending', taskToken: 't', until: 400 }),
      canceler('X', 'C', { from: 5, until: 300 }),
    ],
    before: sleepingLoop(20),
    settledWithin: 3600,
    horizon: 7200,
    budget: { crashes: 4, delays: 4, faults: 4 },
  }),
];
