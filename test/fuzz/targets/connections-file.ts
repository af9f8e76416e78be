import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionsError, readConnections } from '../../../infra/connections.ts';
import { adapters } from '../../../shared/platforms/registry.ts';
import { hostileJson } from '../json.ts';
import { mutate } from '../mutate.ts';
import { hold, type Target } from '../target.ts';

const EXAMPLE = JSON.parse(readFileSync(new URL('../../../connections.example.json', import.meta.url), 'utf8'));

/** For a person at a terminal: nobody reads a message of megabytes. */
const MAX_MESSAGE = 1_000_000;

/** A connections file that somebody edited: connections that can be used, or one error that lists what is wrong. */
export async function connectionsFile(): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-fuzz-'));
  const file = join(folder, 'connections.json');
  return {
    make(random) {
      const text = Buffer.from(hostileJson(EXAMPLE, random));
      return { frame: {}, bytes: random.chance(0.4) ? mutate(text, random) : text };
    },
    async run({ bytes }) {
      writeFileSync(file, bytes);
      try {
        for (const [platform, connections] of Object.entries(readConnections(file))) {
          const adapter = adapters.find((it) => it.platform === platform);
          hold(adapter !== undefined, `the platform ${platform} was taken`);
          for (const [name, options] of Object.entries(connections)) {
            hold(/^[A-Za-z0-9][\w-]{0,59}$/.test(name), `the name ${name} was taken`);
            hold(
              adapter.options.safeParse(options).success,
              `${platform}/${name} was taken, and its options are not valid`,
            );
          }
        }
      } catch (error) {
        if (!(error instanceof ConnectionsError)) throw error;
        hold(error.problems.length > 0, 'an error without a problem');
        hold(error.message.length <= MAX_MESSAGE, `the message has ${error.message.length} characters`);
      }
    },
    close: async () => rmSync(folder, { recursive: true }),
  };
}
