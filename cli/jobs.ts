import { type Client, type Job, PolluxError, parseJob } from '../client/index.ts';
import { NotFoundError, UsageError } from './exit-codes.ts';
import { isConnection } from './names.ts';

export type JobName = Pick<Job, 'platform' | 'connection' | 'id'>;

/** A ULID in either case. */
const ID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i;
/** Requests under way while the connection of an id is looked up. */
const CONCURRENCY = 8;

/**
 * The jobs that these words name, either as `<platform>/<connection>/<id>` or by the id alone. An id is unique, so each
 * connection is asked for it; a connection that the caller may not read counts as one without the job.
 */
export async function findJobs(client: Client, words: readonly string[], signal: AbortSignal): Promise<JobName[]> {
  if (words.length === 0) throw new UsageError('<job> is required');
  const names = words.map((word) => parseJob(word) ?? idOf(word));
  const jobs: JobName[] = [];
  for (const name of names) jobs.push(typeof name === 'string' ? await findById(client, name, signal) : name);
  return jobs;
}

export async function findJob(client: Client, words: readonly string[], signal: AbortSignal): Promise<JobName> {
  const [, surplus] = words;
  if (surplus !== undefined) throw new UsageError(`"${surplus}" is not expected here`);
  return (await findJobs(client, words, signal))[0]!;
}

function idOf(word: string): string {
  if (ID.test(word)) return word.toUpperCase();
  const hint = isConnection(word) ? '; this names a connection' : '';
  throw new UsageError(
    `"${word}": must name a job, as <platform>/<connection>/<id> or by its id of 26 characters${hint}`,
  );
}

async function findById(client: Client, id: string, signal: AbortSignal): Promise<JobName> {
  const candidates = (await client.connections({ signal })).map(({ platform, connection }) => ({
    platform,
    connection,
    id,
  }));
  for (let first = 0; first < candidates.length; first += CONCURRENCY) {
    const found = await Promise.all(
      candidates.slice(first, first + CONCURRENCY).map((candidate) => exists(client, candidate, signal)),
    );
    const index = found.indexOf(true);
    if (index >= 0) return candidates[first + index]!;
  }
  throw new NotFoundError(
    `no job "${id}" on the ${candidates.length} connections of this API; finished jobs are deleted after a while`,
  );
}

async function exists(client: Client, job: JobName, signal: AbortSignal): Promise<boolean> {
  try {
    await client.get(job, { signal });
    return true;
  } catch (error) {
    if (error instanceof PolluxError && (error.status === 404 || error.status === 403)) return false;
    throw error;
  }
}

/** Several lists of jobs, each newest first, as one that is newest first too. Reads ahead one job of each. */
export async function* newestFirst(lists: readonly AsyncGenerator<Job, void, void>[]): AsyncGenerator<Job, void, void> {
  const heads = await Promise.all(lists.map((list) => list.next()));
  for (;;) {
    let newest = -1;
    for (const [index, { done, value }] of heads.entries()) {
      // Ids are ULIDs, which sort by time.
      if (!done && (newest < 0 || value.id > heads[newest]!.value!.id)) newest = index;
    }
    if (newest < 0) return;
    yield heads[newest]!.value!;
    heads[newest] = await lists[newest]!.next();
  }
}
