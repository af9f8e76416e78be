import type { CheckFailure } from '../../job/outcome.ts';
import type { CallOptions } from '../adapter.ts';
import { untilAborted } from '../until-aborted.ts';
import type { VsphereContext } from './endpoint.ts';
import type { LoginDesk } from './login.ts';
import { proveAlive } from './properties.ts';
import { Session } from './session.ts';
import { lookFailure } from './soap.ts';

/**
 * Logs in anew, for a session that is still alive proves no password; reads that session, and logs out, whatever was read:
 * a check a minute must not leave thirty sessions. The desk is that of all logins, so that a rejected password is not tried
 * more often than it would be.
 */
export async function probe(
  context: VsphereContext,
  desk: LoginDesk,
  { signal }: CallOptions,
): Promise<CheckFailure | undefined> {
  const session = new Session(context, desk);
  try {
    await session.run(signal, proveAlive);
    return undefined;
  } catch (error) {
    return lookFailure(error);
  } finally {
    // Goes on when the time is over: a login under way would leave its session.
    await untilAborted(session.close(), signal).catch(() => undefined);
  }
}
