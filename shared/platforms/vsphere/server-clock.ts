import { parseDateTime } from '../../xml/date-time.ts';
import { SERVICE_INSTANCE } from './service-content.ts';
import type { Live } from './session.ts';
import { SoapFault } from './soap.ts';

/**
 * Milliseconds that the server's clock is ahead of ours, measured anew each time: a clock may be set while we run. Every
 * time in TaskInfo and in the history is by the server's clock, `sentAt` and `createdAt` are by ours. 0 where the server does
 * not tell.
 *
 * @throws for a dead session, or no answer
 */
export async function clockAhead(live: Live, now: () => number): Promise<number> {
  const before = now();
  try {
    const [answer] = await live.call('CurrentTime', SERVICE_INSTANCE, []);
    const server = answer && parseDateTime(answer.text);
    return server === undefined ? 0 : Math.round(server - (before + now()) / 2);
  } catch (error) {
    if (error instanceof SoapFault && error.fault.type !== 'NotAuthenticated') return 0;
    throw error;
  }
}
