import * as z from '../../schema.ts';
import { commonOptions, endpointUrl, noPlainHttp, secretName } from '../options.ts';
import { SUBMIT_SECONDS } from '../submit-time.ts';

/** What an input or output of a workflow may be called; names differ from site to site. */
const parameterName = z.string().check(z.minLength(1), z.maxLength(200));

/** Options of a connection to an Orchestrator (configuration distribution peer) and to the vCenter behind its adapter. */
export const options = noPlainHttp(
  z
    .strictObject({
      ...commonOptions,
      url: endpointUrl.check(
        z.refine((url) => !/[?#]/.test(url), 'must not hold a query or a fragment'),
        z.describe(
          'The REST base, as https://cdp.example.com:8443/baocdp/rest; with "protocol": "orca" the SOAP service, as https://cdp.example.com:8443/baocdp/orca',
        ),
      ),
      secret: secretName,
      protocol: z.optional(
        z
          .enum(['rest', 'orca'])
          .check(z.describe('REST (7.8 and later, the default), or the older ORCA SOAP web service (7.5 and later)')),
      ),
      gridName: z.optional(
        z.string().check(z.minLength(1), z.maxLength(200), z.describe('ORCA only: the grid that runs the workflow')),
      ),
      process: z
        .string()
        .check(
          z.maxLength(500),
          z.regex(
            /^:[^\p{Cc}/?#]+$/u,
            'must be the full path of a process with its leading colon, as :VMware:Call_Adapter',
          ),
          z.describe('The workflow that calls the adapter, by its full path'),
        ),
      adapter: z
        .string()
        .check(z.minLength(1), z.maxLength(200), z.describe('Name of the VMware Infrastructure adapter on the grid')),
      inputs: z.optional(
        z
          .strictObject({ adapter: parameterName, request: parameterName })
          .check(z.describe('The workflow\'s inputs (default: "adapter name", "adapter request")')),
      ),
      output: z.optional(
        parameterName.check(
          z.describe('The workflow\'s output that holds the adapter response (default "adapter response")'),
        ),
      ),
      errorOutput: z.optional(
        parameterName.check(
          z.describe('An output of the workflow that is filled when something went wrong, whatever else it answers'),
        ),
      ),
      mode: z.optional(
        z
          .enum(['sync', 'async'])
          .check(
            z.describe(
              `How the workflow is started for an operation: sync (the default) needs a requestTimeoutSeconds longer than the workflow takes, and a workflow that takes less than ${SUBMIT_SECONDS} s, which is all that a submit has; async is carried on by the wait-loop and has no such limit`,
            ),
          ),
      ),
      lookMode: z.optional(
        z
          .enum(['sync', 'async'])
          .check(z.describe('How it is started to ask for a status (default sync: takes seconds)')),
      ),
      submitPatienceSeconds: z.optional(
        z
          .number()
          .check(
            z.minimum(0),
            z.maximum(15),
            z.describe(
              'async only: how long a submit waits for its workflow before the loop carries it on (default 3)',
            ),
          ),
      ),
      soapUrl: z.optional(
        z
          .url({ protocol: /^https?$/ })
          .check(
            z.describe(
              'vCenter that the adapter is to talk to, as https://vc.example.com:443/sdk/vim (default: its own configuration)',
            ),
          ),
      ),
      transport: z.optional(
        z
          .enum(['https-rpc', 'http-rpc'])
          .check(z.describe('How the adapter talks to vCenter (default: its own configuration)')),
      ),
    })
    .check(
      z.refine((it) => it.protocol !== 'orca' || it.gridName !== undefined, {
        path: ['gridName'],
        error: 'is needed with "protocol": "orca"',
      }),
      z.refine((it) => it.protocol !== 'orca' || (it.mode !== 'async' && it.lookMode !== 'async'), {
        path: ['mode'],
        error: 'ORCA workflows are started synchronously: async needs "protocol": "rest"',
      }),
      z.refine((it) => it.mode === 'async' || (it.requestTimeoutSeconds ?? 0) <= SUBMIT_SECONDS, {
        path: ['requestTimeoutSeconds'],
        error: `must be at most ${SUBMIT_SECONDS} with "mode": "sync" (the default), as a submit has ${SUBMIT_SECONDS} s for the platform; for workflows that take longer set "mode": "async" (REST only)`,
      }),
      z.refine((it) => !new RegExp(it.protocol === 'orca' ? '/rest/?$' : '/orca/?$').test(it.url), {
        path: ['url'],
        error: 'is that of the other protocol: REST has /baocdp/rest, ORCA has /baocdp/orca',
      }),
    ),
);

export type BmcOptions = z.infer<typeof options>;
