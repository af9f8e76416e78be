import type { CheckFailure } from '../../job/outcome.ts';
import type { CallOptions } from '../adapter.ts';
import type { VsphereContext } from './endpoint.ts';
import type { LoginDesk } from './login.ts';
import { proveAlive } from './properties.ts';
import { Session } from './session.ts';
import { lookFailure } from './soap.ts';

/**
 * Logs in anew, for a session that is still alive proves no password; reads that session, and logs out. The desk is that of
 * all logins, so that a rejected password is not tried more often than it would be.
 */
export async function probe(
  context: VsphereContext,
  desk: LoginDesk,
  { signal }: CallOptions,
): Promise<CheckFailure | undefined> {
  try {
    await new Session(context, desk).run(signal, async (live) => {
      await proveAlive(live);
      // A session that cannot be given back ends by itself when it has been idle for long enough.
      await live.call('Logout', live.content.sessionManager, []).catch(() => {});
    });
    return undefined;
  } catch (error) {
    return lookFailure(error);
  }
}
