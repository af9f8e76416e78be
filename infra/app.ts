import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import type { ApiAuth } from './api.ts';
import { type Connections, ConnectionsError, readConnections } from './connections.ts';
import { PolluxStack, STACK_NAME } from './stack.ts';

const app = new App();
const stackName = app.node.tryGetContext('stackName') ?? STACK_NAME;
new PolluxStack(app, stackName, { connections: read(connectionsFile()), auth: auth() });

/** `-c jwtIssuer=URL -c jwtAudience=NAME[,NAME]` for tokens instead of IAM credentials, and with them the console. */
function auth(): ApiAuth {
  const issuer: string | undefined = app.node.tryGetContext('jwtIssuer');
  const audience: string | undefined = app.node.tryGetContext('jwtAudience');
  if (!issuer && !audience) return 'iam';
  if (issuer && audience) return { jwt: { issuer, audience: audience.split(',') } };
  console.error(
    `-c ${issuer ? 'jwtIssuer' : 'jwtAudience'} needs -c ${issuer ? 'jwtAudience' : 'jwtIssuer'} beside it`,
  );
  process.exit(1);
}

/** `-c connections=FILE`, else POLLUX_CONNECTIONS, else ./connections.json, else the example. */
function connectionsFile(): string {
  const named = app.node.tryGetContext('connections') ?? process.env.POLLUX_CONNECTIONS;
  if (named) return named;
  if (existsSync('connections.json')) return 'connections.json';
  console.warn(
    'There is no connections.json: taking connections.example.json, whose endpoints do not exist.\n' +
      'Copy it to connections.json and put your own in, or name another file: npx cdk synth -c connections=FILE',
  );
  return fileURLToPath(new URL('../connections.example.json', import.meta.url));
}

function read(file: string): Connections {
  try {
    return readConnections(file);
  } catch (error) {
    if (!(error instanceof ConnectionsError)) throw error;
    // The message says it all; a stack trace would only push it off the screen.
    console.error(error.message);
    process.exit(1);
  }
}
