import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
// With the package installed: from 'pollux/events'.
import { isJobStateChange, type JobStateChange } from '../../client/events.ts';

const client = new SecretsManagerClient({});

/** The address of a chat's webhook lets everybody who knows it post there, so it is a secret. */
async function webhook(): Promise<string> {
  const secret = await client.send(new GetSecretValueCommand({ SecretId: process.env.WEBHOOK_SECRET }));
  return String(secret.SecretString);
}

/** What people need to know in order to act: which job, what was said, and whether it may be run again. */
export function alertText(job: JobStateChange): string {
  const { platform, connection, id, operation, status, error, labels = {} } = job;
  const advice =
    status !== 'FAILED' || error?.outcomeUncertain
      ? 'It may have had effects all the same: look before you run it again.'
      : error?.retryable
        ? 'The platform says that it may be run again.'
        : '';
  const about = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const said = error ? `${error.code}: ${error.message}` : 'no reason was given';
  return [
    `${status}: ${operation} on ${platform}/${connection}`,
    said,
    advice,
    `Job ${id}`,
    about.length > 0 ? `(${about.join(', ')})` : '',
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** Rejects when the chat does not take it: Lambda then tries twice more, and the event goes to the dead-letter queue. */
export async function handler(event: unknown, _context?: unknown, url = webhook): Promise<void> {
  if (!isJobStateChange(event)) return;
  const response = await fetch(await url(), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: alertText(event.detail) }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
}
