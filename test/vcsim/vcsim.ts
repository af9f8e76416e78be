import { spawn } from 'node:child_process';
import { type AddressInfo, createServer } from 'node:net';

export interface Vcsim {
  url: string;
  /** Drops one task object now, as vCenter forgets finished ones; its history keeps it. */
  purge(task: string): Promise<void>;
  stop(): Promise<void>;
}

/** Path of the binary: govmomi's simulator with tasks that take time. */
export const VCSIM = process.env.POLLUX_VCSIM;

export async function startVcsim(...flags: string[]): Promise<Vcsim> {
  const [http, https] = [await freePort(), await freePort()];
  const simulator = spawn(VCSIM!, ['-http', `127.0.0.1:${http}`, '-https', `127.0.0.1:${https}`, ...flags], {
    stdio: 'ignore',
  });
  const exited = new Promise<void>((resolve) => simulator.once('exit', () => resolve()));
  const base = `http://127.0.0.1:${http}`;
  await answers(`${base}/about`);
  return {
    url: `${base}/sdk`,
    purge: async (task) => {
      await fetch(`${base}/lab/purge?task=${task}`, { method: 'POST' });
    },
    // SIGTERM, not SIGKILL: it removes its temporary datastores.
    stop: () => {
      simulator.kill('SIGTERM');
      return exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const response = await fetch(url).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`vcsim did not answer at ${url}`);
}
