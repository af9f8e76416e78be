import type { SecretForm } from '../../secrets/secret-form.ts';

/** The keys of one CloudStack user (`registerUserKeys`). */
export interface CloudstackSecret {
  apiKey: string;
  secretKey: string;
}

export const secret: SecretForm = { fields: ['apiKey', 'secretKey'] };
