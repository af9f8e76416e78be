export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export type CredentialsProvider = () => Promise<AwsCredentials>;

export interface SignedRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: string | undefined;
}

/** The headers with which a request proves who sends it. */
export type Authorize = (request: SignedRequest) => Promise<Record<string, string>>;

export function bearer(token: string | (() => Promise<string>)): Authorize {
  return async ({ headers }) => ({
    ...headers,
    authorization: `Bearer ${typeof token === 'string' ? token : await token()}`,
  });
}

/** AWS Signature Version 4 for API Gateway. The signer is loaded with the first request: a client with a token never does. */
export function sigV4(region: string, credentials: AwsCredentials | CredentialsProvider): Authorize {
  let loaded: ReturnType<typeof load> | undefined;
  return async ({ method, url, headers, body }) => {
    loaded ??= load(region, credentials);
    const signer = await loaded;
    const signed = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
      ...(body !== undefined && { body }),
    });
    // `fetch` writes it itself, from the URL.
    const { host: _host, ...rest } = signed.headers;
    return rest;
  };
}

async function load(region: string, credentials: AwsCredentials | CredentialsProvider) {
  const [{ SignatureV4 }, { Sha256 }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@smithy/core/checksum'),
  ]);
  return new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
}

/** The region that the host name of an API Gateway endpoint tells; a domain of one's own tells none. */
export function regionOf(url: URL): string | undefined {
  return /^[a-z0-9-]+\.execute-api(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(url.hostname)?.[1];
}
