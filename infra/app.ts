import { App } from 'aws-cdk-lib';
import type { ApiAuth } from './api.ts';
import { makeStack } from './app-connections.ts';
import { PolluxStack, STACK_NAME } from './stack.ts';

/** A key's alias would match no key in a policy. */
const KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/;
const TABLE_NAME = /^[A-Za-z0-9_.-]{3,255}$/;

const app = new App();
const stackName = app.node.tryGetContext('stackName') ?? STACK_NAME;
const options = { auth: authOf(app), tableName: tableNameOf(app), secretKeyArns: secretKeysOf(app) };
makeStack(app, (connections) => new PolluxStack(app, stackName, { connections, ...options }));

/** `-c jwtIssuer=URL -c jwtAudience=NAME[,NAME]` for tokens instead of IAM credentials, and with them the console. */
function authOf(app: App): ApiAuth {
  const issuer: string | undefined = app.node.tryGetContext('jwtIssuer');
  const audience: string | undefined = app.node.tryGetContext('jwtAudience');
  if (!issuer && !audience) return 'iam';
  if (issuer && audience) return { jwt: { issuer, audience: audience.split(',') } };
  refuse(`-c ${issuer ? 'jwtIssuer' : 'jwtAudience'} needs -c ${issuer ? 'jwtAudience' : 'jwtIssuer'} beside it`);
}

/** `-c table=NAME` for a table that is there already. */
function tableNameOf(app: App): string | undefined {
  const name: string | undefined = app.node.tryGetContext('table');
  if (name !== undefined && !TABLE_NAME.test(name)) {
    refuse(`-c table="${name}": the name of a table has 3 to 255 letters, digits, _, - and . (its ARN is not taken)`);
  }
  return name;
}

/** `-c secretKeys=ARN[,ARN]` for keys of your own by which secrets are encrypted. */
function secretKeysOf(app: App): string[] {
  const text: string | undefined = app.node.tryGetContext('secretKeys');
  const arns = text?.split(',') ?? [];
  const wrong = arns.find((arn) => !KEY_ARN.test(arn));
  if (wrong !== undefined)
    refuse(`-c secretKeys: "${wrong}" is not the ARN of a key (arn:aws:kms:REGION:ACCOUNT:key/ID)`);
  return arns;
}

function refuse(message: string): never {
  console.error(message);
  process.exit(1);
}
