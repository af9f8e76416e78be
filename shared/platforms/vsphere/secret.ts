import type { SecretForm } from '../../secrets/secret-form.ts';

/** A user of vCenter Single Sign-On or of the host. Needs System.View, the privileges of its jobs, Global.CancelTask to cancel, Task.Create and Task.Update to make tasks and report on them. */
export interface VsphereSecret {
  username: string;
  password: string;
}

export const secret: SecretForm = { fields: ['username', 'password'] };
