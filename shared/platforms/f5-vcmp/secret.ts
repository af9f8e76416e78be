import type { SecretForm } from '../../secrets/secret-form.ts';

/**
 * A user of the vCMP host. Best one of Pollux's own: sessions are per user name, and in a transaction that another client
 * of the same user has left open, a change would be queued and not made.
 */
export interface F5VcmpSecret {
  username: string;
  password: string;
}

export const secret: SecretForm = {
  fields: ['username', 'password'],
  // HTTP Basic could not carry a colon.
  patterns: { username: /^[^:]*$/ },
};
