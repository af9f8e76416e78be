import type { SecretForm } from '../../secrets/secret-form.ts';

/**
 * A user of the Orchestrator who may run the workflow. `vcenterUsername` and `vcenterPassword` travel inside every request
 * to the adapter: leave them out wherever the adapter's own configuration can hold them.
 */
export interface BmcSecret {
  username: string;
  password: string;
  vcenterUsername?: string;
  vcenterPassword?: string;
}

export const secret: SecretForm = {
  fields: ['username', 'password'],
  together: ['vcenterUsername', 'vcenterPassword'],
};
