import { isJobStateChange, jobStatePattern } from '../../client/events.ts';
import { createClient, PolluxError } from '../../client/index.ts';

const pollux = createClient({ url: 'http://127.0.0.1:8787' });

/** Submits, waits, and says what came of it. */
export async function powerOn(vm: string): Promise<string> {
  try {
    const job = await pollux.submit('vsphere/dc1', {
      operation: 'PowerOnVM_Task',
      target: { type: 'VirtualMachine', value: vm },
      labels: { team: 'web' },
    });
    const over = await pollux.wait(job, { onChange: ({ progress = 0 }) => console.log(`${progress} %`) });
    return over.status;
  } catch (error) {
    if (error instanceof PolluxError && error.is('platform-refused')) return error.detail;
    throw error;
  }
}

/** A handler that EventBridge calls, with `jobStatePattern({ statuses: ['FAILED'] })` as the pattern of its rule. */
export async function onEvent(event: unknown): Promise<void> {
  if (!isJobStateChange(event)) return;
  const { platform, connection, id, error } = event.detail;
  console.log(`${platform}/${connection}/${id} failed: ${error?.message}`);
}

export const pattern = jobStatePattern({ statuses: ['FAILED'], labels: { team: ['web'] } });
