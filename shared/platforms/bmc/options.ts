import * as z from 'zod';
import { commonOptions, endpointUrl, noPlainHttp } from '../options.ts';

/** What an input or output of a workflow may be called; names differ from site to site. */
const parameterName = z.string().min(1).max(200);

/** Options of a connection to an Orchestrator (configuration distribution peer) and to the vCenter behind its adapter. */
export const options = noPlainHttp(
  z
    .strictObject({
      ...commonOptions,
      url: endpointUrl
        .refine((url) => !/[?#]/.test(url), 'must not hold a query or a fragment')
        .describe(
          'The REST base, as https://cdp.example.com:8443/baocdp/rest; with "protocol": "orca" the SOAP service, as https://cdp.example.com:8443/baocdp/orca',
        ),
      secret: commonOptions.secret.unwrap(),
      protocol: z
        .enum(['rest', 'orca'])
        .describe('REST (7.8 and later, the default), or the older ORCA SOAP web service (7.5 and later)')
        .optional(),
      gridName: z.string().min(1).max(200).describe('ORCA only: the grid that runs the workflow').optional(),
      process: z
        .string()
        .max(500)
        .regex(
          /^:[^\p{Cc}/?#]+$/u,
          'must be the full path of a process with its leading colon, as :VMware:Call_Adapter',
        )
        .describe('The workflow that calls the adapter, by its full path'),
      adapter: z.string().min(1).max(200).describe('Name of the VMware Infrastructure adapter on the grid'),
      inputs: z
        .strictObject({ adapter: parameterName, request: parameterName })
        .describe('The workflow\'s inputs (default: "adapter name", "adapter request")')
        .optional(),
      output: parameterName
        .describe('The workflow\'s output that holds the adapter response (default "adapter response")')
        .optional(),
      errorOutput: parameterName
        .describe('An output of the workflow that is filled when something went wrong, whatever else it answers')
        .optional(),
      mode: z
        .enum(['sync', 'async'])
        .describe(
          'How the workflow is started for an operation: sync (the default) needs a requestTimeoutSeconds longer than the workflow takes; async is carried on by the wait-loop',
        )
        .optional(),
      lookMode: z
        .enum(['sync', 'async'])
        .describe('How it is started to ask for a status (default sync: takes seconds)')
        .optional(),
      submitPatienceSeconds: z
        .number()
        .min(0)
        .max(15)
        .describe('async only: how long a submit waits for its workflow before the loop carries it on (default 3)')
        .optional(),
      soapUrl: z
        .url({ protocol: /^https?$/ })
        .describe(
          'vCenter that the adapter is to talk to, as https://vc.example.com:443/sdk/vim (default: its own configuration)',
        )
        .optional(),
      transport: z
        .enum(['https-rpc', 'http-rpc'])
        .describe('How the adapter talks to vCenter (default: its own configuration)')
        .optional(),
    })
    .refine((it) => it.protocol !== 'orca' || it.gridName !== undefined, {
      path: ['gridName'],
      error: 'is needed with "protocol": "orca"',
    })
    .refine((it) => it.protocol !== 'orca' || (it.mode !== 'async' && it.lookMode !== 'async'), {
      path: ['mode'],
      error: 'ORCA workflows are started synchronously: async needs "protocol": "rest"',
    })
    .refine((it) => !new RegExp(it.protocol === 'orca' ? '/rest/?$' : '/orca/?$').test(it.url), {
      path: ['url'],
      error: 'is that of the other protocol: REST has /baocdp/rest, ORCA has /baocdp/orca',
    }),
);

export type BmcOptions = z.infer<typeof options>;

/**
 * A user of the Orchestrator who may run the workflow. `vcenterUsername` and `vcenterPassword` travel inside every request
 * to the adapter: leave them out wherever the adapter's own configuration can hold them.
 */
export const secret = z
  .object({
    username: z.string().min(1),
    password: z.string().min(1),
    vcenterUsername: z.string().min(1).optional(),
    vcenterPassword: z.string().min(1).optional(),
  })
  .refine((it) => (it.vcenterUsername === undefined) === (it.vcenterPassword === undefined), {
    path: ['vcenterPassword'],
    error: 'vcenterUsername and vcenterPassword go together',
  });

export type BmcSecret = z.infer<typeof secret>;

export const DEFAULT_INPUTS = { adapter: 'adapter name', request: 'adapter request' };
export const DEFAULT_OUTPUT = 'adapter response';
export const DEFAULT_PATIENCE_SECONDS = 3;
