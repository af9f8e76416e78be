import { checkFailureOf } from '../../shared/http/failure.ts';
import type { CheckFailure } from '../../shared/job/outcome.ts';
import type { OpenConnection } from '../../shared/platforms/connect.ts';
import type { SecretStore } from '../../shared/secrets/secret-store.ts';

export interface ConnectionCheck {
  ok: boolean;
  /** How long the platform took to answer. */
  milliseconds: number;
  /** `permanent`: an operator must act. */
  problem?: CheckFailure;
}

/** The platform's share of the function's 25 s. */
const PLATFORM_MS = 20_000;
const MAX_MESSAGE = 2_000;

export async function checkConnection(
  open: OpenConnection,
  ports: { secrets: SecretStore; now(): number },
): Promise<ConnectionCheck> {
  const startedAt = ports.now();
  const problem = await probe(open, ports.secrets);
  return {
    ok: problem === undefined,
    milliseconds: ports.now() - startedAt,
    ...(problem && { problem: { ...problem, message: problem.message.slice(0, MAX_MESSAGE) } }),
  };
}

async function probe({ options, platform }: OpenConnection, secrets: SecretStore): Promise<CheckFailure | undefined> {
  try {
    // An operator checks after he has corrected the secret: what is cached is what was wrong.
    if (options.secret !== undefined) await secrets.get(options.secret, true);
    return await platform.probe?.({ signal: AbortSignal.timeout(PLATFORM_MS) });
  } catch (error) {
    return checkFailureOf(error);
  }
}
