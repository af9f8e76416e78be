/** An error of an AWS service as its API answers it: `code` is what the SDK makes the name of its exception. */
export class AwsError extends Error {
  override name = 'AwsError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
