import * as z from '../../schema.ts';
import { commonOptions } from '../options.ts';
import { capacityUnits } from './capacity-units.ts';
import { EXEC_TICK_SECONDS, SCRIPT_TIMEOUT_SECONDS } from './transport.ts';

/** `{{` would be expanded by Systems Manager before the host sees it; a line break would end the line of a command. */
const plain = (what: string) =>
  z.string().check(
    z.minLength(1),
    z.maxLength(1024),
    z.regex(/^[^\u0000-\u001f\u007f]*$/, `${what} must not hold control characters`),
    z.refine((text) => !text.includes('{{'), `${what} must not hold {{, which Systems Manager would expand`),
  );

/** Of the common options, those that mean something to a script: there is no certificate and no secret. */
const { maxRequestsPerSecond, deadlineSeconds, lookCostSeconds } = commonOptions;

const provider = {
  maxRequestsPerSecond,
  deadlineSeconds,
  lookCostSeconds,
  scripts: plain('the folder').check(
    z.describe('Folder with requestMachines, requestReturnMachines and getRequestStatus'),
  ),
  environment: z.optional(
    z
      .record(
        z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of an environment variable')),
        z.union([plain('a value'), z.literal('')]),
      )
      .check(
        z.describe('What HF would set for the scripts: HF_PROVIDER_NAME, HF_PROVIDER_CONFDIR, HF_PROVIDER_WORKDIR, …'),
      ),
  ),
  requestTimeoutSeconds: z.optional(
    z
      .int()
      .check(
        z.minimum(1),
        z.maximum(3600),
        z.describe(
          `For one run of a script (default ${SCRIPT_TIMEOUT_SECONDS}, as HF's own). A getRequestStatus that takes longer than a tick goes on, and a later tick reads its answer. Not with the transport exec on AWS, where it has ${EXEC_TICK_SECONDS} s: use ssm there. With exec a submit has 20 s everywhere`,
        ),
      ),
  ),
  maxConcurrentRequests: z.optional(
    z
      .int()
      .check(
        z.minimum(1),
        z.maximum(100),
        z.describe('Scripts run at once (default 1: providers lock their state files, for a status too)'),
      ),
  ),
  requestForm: z.optional(
    z
      .enum(['array', 'object'])
      .check(
        z.describe(
          'How requests and machines are written for the scripts: as lists, as HF does, which asks about many ids at once (array, the default); or as the single objects of the vendor page (object)',
        ),
      ),
  ),
  capacityUnits: z.optional(capacityUnits),
  stallSeconds: z.optional(
    z
      .int()
      .check(
        z.minimum(60),
        z.maximum(31_536_000),
        z.describe(
          'How long to wait for a request that does not get on (default 7200). One that is "running" for this long and never named a machine is LOST: one provider says so of ids that it does not know. One that has ended with machines still executing, and is told in the same way for this long, ends as what it is with the machines that came: some providers never ask their cloud again',
        ),
      ),
  ),
};

const exec = z.strictObject({
  ...provider,
  transport: z.literal('exec').check(z.describe('The scripts are on this machine, or in a layer of the functions')),
});

const ssm = z.strictObject({
  ...provider,
  transport: z.literal('ssm').check(z.describe('The scripts are on the management host, reached by Systems Manager')),
  instanceId: z
    .string()
    .check(
      z.regex(
        /^(i-([0-9a-f]{8}|[0-9a-f]{17})|mi-[0-9a-f]{17})$/,
        'must be an instance id (i-…) or a managed node (mi-…)',
      ),
      z.describe('The management host: mi-… for a hybrid activation, i-… on EC2'),
    ),
  region: z.optional(
    z
      .string()
      .check(
        z.regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be an AWS region'),
        z.describe('Where the node is registered (default: where Pollux runs)'),
      ),
  ),
  scriptType: z.optional(
    z.enum(['sh', 'bat']).check(z.describe('.sh by AWS-RunShellScript (default), .bat by AWS-RunPowerShellScript')),
  ),
  runAs: z.optional(
    z
      .string()
      .check(
        z.regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/, 'must be the name of an account'),
        z.describe(
          "The cluster administrator's account, as egoadmin. The agent is root: files that root leaves in the provider's folders break HF",
        ),
      ),
  ),
  profile: z.optional(
    plain('the profile').check(
      z.describe('A file that the shell reads before the script runs, as /opt/ibm/spectrumcomputing/profile.platform'),
    ),
  ),
});

export const options = z.discriminatedUnion('transport', [exec, ssm]).check(
  z.superRefine((given, context) => {
    if (given.transport !== 'ssm') return;
    const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const windows = given.scriptType === 'bat';
    if (!windows && given.runAs === undefined) issue('runAs', 'is needed: the agent is root, and HF is not');
    if (windows && given.runAs !== undefined)
      issue('runAs', 'needs a password on Windows; .bat runs as the agent does');
    if (windows && given.profile !== undefined) issue('profile', 'is for .sh only');
  }),
);

export type SymphonyOptions = z.infer<typeof options>;
export type ExecOptions = z.infer<typeof exec>;
export type SsmOptions = z.infer<typeof ssm>;
