import { randomUUID } from 'node:crypto';
import type { Body } from './answers.ts';
import { COMMANDS, type Command, envelopeOf } from './commands.ts';
import { type JobTable, OUTCOMES, type Outcome } from './jobs.ts';
import type { Received } from './signature.ts';

/** What the API refuses, with its own number. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: number;
  /** Where the envelope is not the command's. */
  readonly envelope: string | undefined;

  constructor(code: number, message: string, envelope?: string) {
    super(message);
    this.code = code;
    this.envelope = envelope;
  }
}

export interface ApiSettings {
  /** `new`: pending jobs only, since 4.14; `old`: finished ones too, up to 4.12. */
  listing: 'new' | 'old';
  listingAllowed: boolean;
  /** `default.page.size`. */
  maxPageSize: number;
  numericIds: boolean;
  /** "A shutdown has been triggered": submits are refused, looks are not. */
  shuttingDown: boolean;
}

const CONTROL = /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f]/;

/** Carries out one command of an authenticated user. */
export function answerOf(
  name: string,
  received: Received,
  jobs: JobTable,
  settings: ApiSettings,
): { envelope: string; body: Body } {
  const command = COMMANDS[name]!;
  for (const [key, value] of received) {
    if (CONTROL.test(value)) {
      throw new Refusal(
        431,
        `Received value ${JSON.stringify(value)} for parameter ${key} is invalid, contains illegal ASCII non-printable characters`,
      );
    }
  }
  const parameters = unpack(received);
  for (const required of command.required) {
    if (!parameters.get(required)) {
      throw new Refusal(
        431,
        `Unable to execute API command ${name.toLowerCase()} due to missing parameter ${required}`,
      );
    }
  }
  const reading = READS[name];
  if (reading) return { envelope: envelopeOf(name), body: reading(parameters, jobs, settings) };
  if (!command.job) return { envelope: envelopeOf(name), body: { success: 'true' } };
  return { envelope: envelopeOf(name), body: started(command.job, parameters, jobs, settings) };
}

/** Names in lower case, as far as `[`: the field of a map keeps its case. */
function unpack(received: Received): Received {
  const parameters: Received = new Map();
  for (const [key, value] of received) {
    const bracket = key.indexOf('[');
    if (bracket >= 0 && !/^[^[\].]+\[\d+\](\.[^[\]]+)?$/.test(key)) {
      throw new Refusal(430, `The name of parameter ${key} cannot be read: a map is written name[0].field`);
    }
    parameters.set(bracket < 0 ? key.toLowerCase() : key.slice(0, bracket).toLowerCase() + key.slice(bracket), value);
  }
  return parameters;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function started(job: NonNullable<Command['job']>, parameters: Received, jobs: JobTable, settings: ApiSettings): Body {
  if (settings.shuttingDown) throw new Refusal(530, 'A shutdown has been triggered. Can not accept new jobs');
  const customjobid = parameters.get('customjobid');
  if (customjobid !== undefined) {
    if (!UUID.test(customjobid)) throw new Refusal(431, `UUID: ${customjobid} doesn't follow the UUID format`);
    if (jobs.isPending(customjobid)) {
      throw new Refusal(431, `UUID: ${customjobid} already exists so can't create/update with custom id`);
    }
    if (jobs.find(customjobid)) throw new Refusal(530, 'DB Exception on: INSERT INTO async_job');
  }
  const created = job.creates ? (settings.numericIds ? jobs.newId() : randomUUID()) : undefined;
  const instanceId = created ?? parameters.get('id') ?? parameters.get('virtualmachineid') ?? randomUUID();
  const added = jobs.add(job, {
    ...(customjobid !== undefined && { id: customjobid }),
    instanceId,
    outcome: outcomeOf(parameters.get('simulate')),
    seconds: Number(parameters.get('simulateseconds') ?? job.seconds),
  });
  const wire = (id: string) => (settings.numericIds && /^\d+$/.test(id) ? Number(id) : id);
  return { ...(created !== undefined && { id: wire(created) }), jobid: wire(added.id) };
}

function outcomeOf(word = 'ok'): Outcome {
  const outcome = OUTCOMES.find((it) => it === word);
  if (!outcome) throw new Refusal(431, `simulate must be one of ${OUTCOMES.join(', ')}`);
  return outcome;
}

const READS: Readonly<Record<string, (parameters: Received, jobs: JobTable, settings: ApiSettings) => Body>> = {
  queryAsyncJobResult(parameters, jobs) {
    const jobid = parameters.get('jobid')!;
    const job = jobs.find(jobid);
    if (job) return jobs.describe(job);
    if (/^\d+$/.test(jobid)) throw new Refusal(431, `Unable to find a job by id ${jobid}`);
    throw new Refusal(
      431,
      `Unable to execute API command queryasyncjobresult due to invalid value. Invalid parameter jobid value=${jobid} due to incorrect long value format, or entity does not exist or due to incorrect parameter annotation for the field in api cmd class.`,
    );
  },

  listAsyncJobs(parameters, jobs, settings) {
    if (!settings.listingAllowed) {
      throw new Refusal(
        432,
        'The given command:listAsyncJobs does not exist or it is not available for user',
        'errorresponse',
      );
    }
    const page = Number(parameters.get('page') ?? 1);
    const pagesize = Number(parameters.get('pagesize') ?? settings.maxPageSize);
    if (pagesize > settings.maxPageSize) {
      throw new Refusal(431, `Page size can not exceed max allowed page size: ${settings.maxPageSize}`);
    }
    const all = jobs.listed(settings.listing);
    const asyncjobs = all.slice((page - 1) * pagesize, page * pagesize).map((job) => jobs.describe(job));
    return asyncjobs.length === 0 ? {} : { count: all.length, asyncjobs };
  },

  listApis() {
    const api = Object.entries(COMMANDS).map(([name, { job, required }]) => ({
      name,
      isasync: job !== undefined,
      params: required.map((parameter) => ({ name: parameter, required: true })),
    }));
    return { count: api.length, api };
  },

  listZones: () => ({ count: 1, zone: [{ id: '1128bd56-b4d9-4ac6-a7b9-c715b187ce11', name: 'zone-1' }] }),
  listCapabilities: () => ({ capability: { cloudstackversion: '4.20.0.0' } }),
};
