import { createHash } from 'node:crypto';

/** A UUID, or a number before 3.0. What is neither cannot be asked about. */
const JOB_ID = /^[\w.-]{1,100}$/;

export function isJobId(text: string | undefined): text is string {
  return text !== undefined && JOB_ID.test(text);
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * The id that a Pollux job gets at CloudStack (`customjobid`, since 4.5; a UUID in lower case, or it is refused).
 *
 * A ULID has the 128 bits of a UUID, so each can be computed from the other and an operator can go either way. An id of
 * another form is hashed: still the same for the same job.
 */
export function customJobId(jobId: string): string {
  const hex = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i.test(jobId)
    ? [...jobId.toUpperCase()]
        .reduce((bits, digit) => bits * 32n + BigInt(CROCKFORD.indexOf(digit)), 0n)
        .toString(16)
        .padStart(32, '0')
    : createHash('sha256').update(jobId).digest('hex').slice(0, 32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
