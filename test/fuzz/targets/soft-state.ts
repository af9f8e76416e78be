import type { SoftState } from '../../../shared/loop/soft-state.ts';
import { tick } from '../../../shared/loop/tick.ts';
import { LAB, World } from '../../support/world.ts';
import { mutate } from '../mutate.ts';
import { hold, type Target } from '../target.ts';

const JOBS = 3;

/** Packed looks, and counts, that are not what the last tick wrote: it costs looks, never a job. */
export async function softState(): Promise<Target> {
  return {
    make(random) {
      const state: SoftState = {
        events: random.int(20_000),
        looks: { base: 1_767_225_600_000, looks: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
        failures: random.int(5),
      };
      const packed = mutate(Buffer.from(state.looks.looks), random).toString('utf8').slice(0, 5000);
      const base = random.pick([state.looks.base, 0, -1, 1e15, -1e15, 0.5]);
      return { frame: { state: { ...state, looks: { base, looks: '' } } }, bytes: Buffer.from(packed) };
    },
    async run({ frame, bytes }) {
      const world = new World();
      for (let i = 0; i < JOBS; i++) await world.submit(40);
      const given = frame.state as SoftState;
      const state = { ...given, looks: { ...given.looks, looks: bytes.toString('utf8') } };
      const answer = await tick(
        world.ports,
        { ...LAB, epoch: 1, state },
        { retryCount: 0, endBy: world.time + 55_000 },
      );
      const { next, waitSeconds } = answer;
      hold(
        next === 'wait' || (next === 'done' && answer.reason === 'handed over'),
        `the tick answered ${next}: ${answer.reason}`,
      );
      if (next === 'wait')
        hold(Number.isInteger(waitSeconds) && waitSeconds >= 1 && waitSeconds <= 900, `waitSeconds is ${waitSeconds}`);
      hold(Buffer.byteLength(JSON.stringify(answer)) < 256 * 1024, 'the state is larger than a state may be');
      const [execution] = world.live();
      Object.assign(execution!, { input: JSON.parse(JSON.stringify(answer)), at: world.time + waitSeconds * 1000 });
      await world.run();
      hold(world.finished().length === JOBS, `${world.finished().length} of ${JOBS} jobs have ended`);
    },
  };
}
