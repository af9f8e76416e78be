import { App } from 'aws-cdk-lib';
import type { ApiAuth } from './api.ts';
import { makeStack } from './app-connections.ts';
import { PolluxStack, STACK_NAME } from './stack.ts';

const app = new App();
const stackName = app.node.tryGetContext('stackName') ?? STACK_NAME;
const auth = authOf(app);
makeStack(app, (connections) => new PolluxStack(app, stackName, { connections, auth }));

/** `-c jwtIssuer=URL -c jwtAudience=NAME[,NAME]` for tokens instead of IAM credentials, and with them the console. */
function authOf(app: App): ApiAuth {
  const issuer: string | undefined = app.node.tryGetContext('jwtIssuer');
  const audience: string | undefined = app.node.tryGetContext('jwtAudience');
  if (!issuer && !audience) return 'iam';
  if (issuer && audience) return { jwt: { issuer, audience: audience.split(',') } };
  console.error(
    `-c ${issuer ? 'jwtIssuer' : 'jwtAudience'} needs -c ${issuer ? 'jwtAudience' : 'jwtIssuer'} beside it`,
  );
  process.exit(1);
}
