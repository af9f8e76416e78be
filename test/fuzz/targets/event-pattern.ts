import { EngineError } from '../../../infra/local/engine-error.ts';
import { checkPattern, type EventPattern, matches } from '../../../infra/local/event-pattern.ts';
import { hostileJson } from '../json.ts';
import { hold, type Target } from '../target.ts';

const PATTERNS = [
  {
    source: ['pollux'],
    'detail-type': ['Job State Change'],
    detail: { platform: ['vsphere'], status: ['FAILED', 'LOST'], labels: { team: ['web'] } },
  },
  {
    detail: {
      progress: [{ numeric: ['>', 0, '<=', 100] }],
      message: [{ prefix: 'a' }, { suffix: 'b' }, { exists: false }],
      operation: [{ 'anything-but': ['x', { prefix: 'y' }] }, { 'equals-ignore-case': 'Z' }],
    },
  },
];
const EVENT = {
  source: 'pollux',
  'detail-type': 'Job State Change',
  detail: {
    platform: 'vsphere',
    status: 'FAILED',
    labels: { team: 'web' },
    progress: 50,
    parts: [{ id: 'a' }, { id: 'b' }],
  },
};

/** Rules and events of the local bus: a pattern is refused by name, or matches or does not. */
export async function eventPattern(): Promise<Target> {
  return {
    make(random) {
      const pattern = hostileJson(random.pick(PATTERNS), random);
      return {
        frame: { pattern },
        bytes: Buffer.from(random.chance(0.5) ? JSON.stringify(EVENT) : hostileJson(EVENT, random)),
      };
    },
    async run({ frame, bytes }) {
      const event = parsed(bytes.toString());
      const pattern = parsed(frame.pattern as string);
      if (event === undefined || pattern === undefined) return;
      let checked: EventPattern;
      try {
        checked = checkPattern(pattern, 'fuzz');
      } catch (error) {
        if (error instanceof EngineError) return;
        throw error;
      }
      const matched = matches(checked, event);
      hold(typeof matched === 'boolean', `matching answered ${matched}`);
      hold(matched === matches(checked, parsed(bytes.toString())), 'the same event matches once and then does not');
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
