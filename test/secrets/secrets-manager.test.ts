import { expect, test } from 'vitest';
import { SecretsManagerStore } from '../../shared/secrets/secrets-manager.ts';

/** A store whose Secrets Manager answers every request with this error. */
function refusing(name: string): SecretsManagerStore {
  const send = async () => {
    throw Object.assign(new Error('Access to KMS is not allowed: arn:aws:kms:…'), { name });
  };
  return new SecretsManagerStore(Date.now, { send } as never);
}

test.each(['AccessDeniedException', 'DecryptionFailure'])(
  'a secret that is refused by %s names the KMS key as a cause, and the property that opens it',
  async (reason) => {
    await expect(refusing(reason).get('vc')).rejects.toMatchObject({
      message: expect.stringMatching(
        new RegExp(`^the secret "vc" cannot be read \\(${reason}\\): .*KMS key.*secretKeys`),
      ),
      failure: { kind: 'permanent', code: 'SecretUnavailable' },
    });
  },
);

test('a secret that is not there is looked for by its place, and no key is blamed', async () => {
  await expect(refusing('ResourceNotFoundException').get('vc')).rejects.toMatchObject({
    message:
      'the secret "vc" cannot be read (ResourceNotFoundException): it must exist in Secrets Manager, in this account and region',
  });
});
