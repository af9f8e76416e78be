import { type Client, createClient, type Retry } from '../client/index.ts';
import { regionOf } from '../client/sign.ts';
import { textOf, type Values } from './command.ts';
import { UsageError } from './exit-codes.ts';

const LOCAL_URL = 'http://127.0.0.1:8787';
/** Whoever forgot to start the engine should not wait for it. */
const LOCAL_RETRIES = 2;

/** Which API is talked to, and how. */
export interface Target {
  url: URL;
  auth: 'none' | 'sigv4' | 'token';
}

export function targetOf(values: Values, environment: NodeJS.ProcessEnv): Target {
  const given = textOf(values, 'url') ?? (environment.POLLUX_URL || LOCAL_URL);
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw new UsageError(`--url ${given}: must be a URL, as https://abc123.execute-api.eu-central-1.amazonaws.com`);
  }
  const url = new URL(given);
  if (tokenOf(values, environment) !== undefined) return { url: guarded(url), auth: 'token' };
  const signs = values.sigv4 === true || regionOf(url) !== undefined;
  return { url: signs ? guarded(url) : url, auth: signs ? 'sigv4' : 'none' };
}

/** A token in the clear is everybody's; so is a signature, for some minutes. */
function guarded(url: URL): URL {
  if (url.protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)) return url;
  throw new UsageError(`--url ${url.href}: credentials are sent over https only`);
}

function tokenOf(values: Values, environment: NodeJS.ProcessEnv): string | undefined {
  return textOf(values, 'token') ?? (environment.POLLUX_TOKEN || undefined);
}

export async function clientOf(
  target: Target,
  values: Values,
  environment: NodeJS.ProcessEnv,
  onRetry: (retry: Retry) => void,
): Promise<Client> {
  const url = target.url.href;
  const token = tokenOf(values, environment);
  if (target.auth === 'token') return createClient({ url, token: token!, onRetry });
  if (target.auth === 'none') return createClient({ url, retries: LOCAL_RETRIES, onRetry });
  const profile = textOf(values, 'profile') ?? (environment.AWS_PROFILE || undefined);
  // Loaded only where requests are signed: it takes longer than all the rest of the program.
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  const region = textOf(values, 'region') ?? regionOf(target.url) ?? (await configuredRegion(profile));
  if (region === undefined) throw new UsageError(`the URL ${url} tells no AWS region: give --region`);
  return createClient({ url, region, credentials: defaultProvider(profile === undefined ? {} : { profile }), onRetry });
}

/** AWS_REGION, or what the profile says. */
async function configuredRegion(profile: string | undefined): Promise<string | undefined> {
  const { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } = await import(
    '@smithy/core/config'
  );
  const { environmentVariableSelector, configFileSelector } = NODE_REGION_CONFIG_OPTIONS;
  const find = loadConfig<string | undefined>(
    { environmentVariableSelector, configFileSelector, default: undefined },
    { ...NODE_REGION_CONFIG_FILE_OPTIONS, ...(profile !== undefined && { profile }) },
  );
  return find();
}
