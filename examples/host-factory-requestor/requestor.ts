// With the package installed: from 'pollux/client'.
import { type Client, createClient, type Job } from '../../client/index.ts';

export interface Wanted {
  connection: `symphony/${string}`;
  templateId: string;
  machineCount: number;
  /** Of the order: a requestor that is started again with it gets the same machines, and orders no others. */
  orderId: string;
}

export interface Machine {
  machineId: string;
  name: string;
}

/** Orders machines, lets `use` have those that came, and returns them however it ended. */
export async function withMachines(
  pollux: Client,
  { connection, templateId, machineCount, orderId }: Wanted,
  use: (machines: readonly Machine[], job: Job) => Promise<void>,
): Promise<void> {
  const job = await pollux.submit(
    connection,
    { operation: 'requestMachines', template: { templateId, machineCount }, labels: { order: orderId } },
    { idempotencyKey: `request-${orderId}` },
  );
  const over = await pollux.wait(job);
  const machines = machinesOf(over);
  try {
    if (over.status !== 'SUCCEEDED') {
      const reason = over.error?.message ?? over.message ?? '';
      throw new Error(`${machines.length} of ${machineCount} machines came: ${over.status} ${reason}`.trimEnd());
    }
    await use(machines, over);
  } finally {
    // Also those of an order that came in part: nobody else knows of them.
    if (machines.length > 0) await giveBack(pollux, connection, orderId, machines);
  }
}

/** The parts of the job are its machines. */
function machinesOf({ parts = [] }: Job): Machine[] {
  return parts
    .filter(({ status }) => status === 'SUCCEEDED')
    .map(({ id, name }) => ({ machineId: id, name: name ?? id }));
}

async function giveBack(
  pollux: Client,
  connection: Wanted['connection'],
  orderId: string,
  machines: Machine[],
): Promise<void> {
  const job = await pollux.submit(
    connection,
    { operation: 'requestReturnMachines', machines, labels: { order: orderId } },
    { idempotencyKey: `return-${orderId}` },
  );
  const over = await pollux.wait(job);
  if (over.status !== 'SUCCEEDED') throw new Error(`the machines were not taken back: ${over.status}`);
}

const USAGE = 'usage: node requestor.ts symphony/<connection> <templateId> [<machineCount> [<orderId>]]';

/** The exit code. */
async function main([connection, templateId, count = '1', orderId = crypto.randomUUID()]: string[]): Promise<number> {
  if (!connection?.startsWith('symphony/') || templateId === undefined || !/^[1-9]\d*$/.test(count)) {
    console.error(USAGE);
    return 2;
  }
  const pollux = createClient({ url: process.env.POLLUX_URL ?? 'http://127.0.0.1:8787' });
  const wanted = { connection: connection as Wanted['connection'], templateId, machineCount: Number(count), orderId };
  try {
    await withMachines(pollux, wanted, async (machines) => {
      for (const { machineId, name } of machines) console.log(`${machineId}\t${name}`);
    });
    return 0;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
