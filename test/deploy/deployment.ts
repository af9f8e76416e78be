import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Client, createClient } from '../../client/index.ts';
import type { Connections } from '../../infra/connections.ts';
import { Api } from '../../infra/local/api.ts';
import { EventStream } from '../../infra/local/event-stream.ts';
import { ofType, readResources } from '../../infra/local/resources.ts';
import { readRoutes } from '../../infra/local/routes.ts';
import type { SecretValues } from '../../infra/local/secrets.ts';
import { STACK_NAME as STACK } from '../../infra/stack.ts';
import { Aws } from './aws.ts';

/** Pollux as `cdk deploy` makes it, on the stand-in for AWS. */
export interface Deployment {
  aws: Aws;
  client: Client;
  /** What the stack made of the resource at this place in the tree of constructs: a name, or an ARN. */
  physicalId(path: string): string;
  /** What `cdk diff` prints; rejects when there is a difference. */
  diff(): Promise<string>;
  stop(): Promise<void>;
}

export async function deploy(connections: Connections, secrets: SecretValues): Promise<Deployment> {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-deploy-'));
  const file = join(folder, 'connections.json');
  writeFileSync(file, JSON.stringify(connections));
  const aws = await Aws.start(folder);
  // The app of cdk.json, by this Node.
  const app = [
    '--app',
    `"${process.execPath}" infra/app.ts`,
    '--context',
    `connections=${file}`,
    '--output',
    join(folder, 'cdk.out'),
  ];

  const manager = new SecretsManagerClient(aws.client);
  for (const [Name, value] of Object.entries(secrets)) {
    await manager.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }));
  }
  await aws.cdk('bootstrap', 'aws://123456789012/us-east-1');
  await aws.cdk('deploy', ...app, '--require-approval', 'never');

  const template = JSON.parse(readFileSync(join(folder, 'cdk.out', `${STACK}.template.json`), 'utf8'));
  const physicalIds = await physicalIdsOf(aws);
  const api = await serve(aws, template, physicalIds);
  return {
    aws,
    client: createClient({ url: api.url }),
    physicalId(path) {
      const [logicalId] =
        Object.entries<any>(template.Resources).find(([, { Metadata }]) => Metadata?.['aws:cdk:path'] === path) ?? [];
      const found = physicalIds.get(logicalId ?? '');
      if (found === undefined) throw new Error(`the stack has no ${path}`);
      return found;
    },
    diff: () => aws.cdk('diff', ...app, '--fail'),
    stop: async () => {
      await api.stop(0);
      await aws.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** By logical id. */
async function physicalIdsOf(aws: Aws): Promise<Map<string, string>> {
  const xml = await aws.query('cloudformation', '2010-05-15', { Action: 'DescribeStackResources', StackName: STACK });
  const read = (member: string, name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(member)?.[1] ?? '';
  const members = xml.split('<member>').slice(1);
  return new Map(members.map((member) => [read(member, 'LogicalResourceId'), read(member, 'PhysicalResourceId')]));
}

/** What API Gateway does, which the stand-in lacks: the template's routes, and the deployed functions behind them. */
async function serve(aws: Aws, template: any, physicalIds: Map<string, string>): Promise<Api> {
  const resources = readResources(template);
  const routes = readRoutes(
    ofType(resources, 'AWS::ApiGatewayV2::Route'),
    ofType(resources, 'AWS::ApiGatewayV2::Integration'),
  );
  // Without a name of its own a function goes by its logical id here.
  const nameOf = (arn: string) => physicalIds.get(arn.split(':').at(-1)!)!;
  const api = new Api(routes, { invoke: (arn, event) => aws.invoke(nameOf(arn), event) }, new EventStream());
  await api.listen(0);
  return api;
}
