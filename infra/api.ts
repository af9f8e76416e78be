import { Aws } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Bundles, SharedFunction } from './bundles.ts';
import { makeFunction, seconds } from './function.ts';
import { makeVendedLogGroup } from './logs.ts';
import type { Platform } from './platform.ts';
import type { Settings } from './settings.ts';
import type { JobTable } from './table.ts';

/** Who may call. IAM unless told: then one policy can open one connection to one caller. There is no "everybody". */
export type ApiAuth = 'iam' | { jwt: { issuer: string; audience: string[] } };

export interface ApiProps {
  bundles: Bundles;
  jobs: JobTable;
  platforms: readonly Platform[];
  settings: Settings;
  auth: ApiAuth;
  throttle: apigatewayv2.ThrottleSettings;
}

const STAGE = '$default';

export class Api extends Construct {
  readonly api: apigatewayv2.HttpApi;
  readonly #auth: ApiAuth;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    this.#auth = props.auth;
    this.api = new apigatewayv2.HttpApi(this, 'HttpApi', {
      apiName: Aws.STACK_NAME,
      description: 'Pollux: submit jobs, and ask about them',
      createDefaultStage: false,
      defaultAuthorizer:
        props.auth === 'iam'
          ? new HttpIamAuthorizer()
          : new HttpJwtAuthorizer('Jwt', props.auth.jwt.issuer, { jwtAudience: props.auth.jwt.audience }),
    });
    this.#addStage(props.settings, props.throttle);

    for (const { platform, submitJob, cancelJob, reportJob, checkConnection } of props.platforms) {
      const path = `/v1/${platform}/{connection}/jobs`;
      this.#route(apigatewayv2.HttpMethod.POST, path, submitJob);
      this.#route(apigatewayv2.HttpMethod.POST, `${path}/{id}/cancel`, cancelJob);
      this.#route(apigatewayv2.HttpMethod.POST, `/v1/${platform}/{connection}/check`, checkConnection);
      if (reportJob) this.#route(apigatewayv2.HttpMethod.POST, `${path}/{id}/report`, reportJob);
    }
    const make = (name: SharedFunction, id: string, environment: Record<string, string>) =>
      makeFunction(this, id, {
        description: name,
        folder: props.bundles.shared(name),
        timeout: seconds(15),
        environment,
        settings: props.settings,
      });
    const { jobs } = props;
    const { tableName } = jobs.table;
    const getJob = make('get-job', 'GetJob', { POLLUX_TABLE: tableName });
    const listJobs = make('list-jobs', 'ListJobs', { POLLUX_TABLE: tableName });
    const operations = make('operations', 'Operations', { POLLUX_TABLE: tableName });
    const connections = make('connections', 'Connections', { POLLUX_TABLE: tableName });
    const openapi = make('openapi', 'OpenApi', {});
    const unknownRoute = make('unknown-route', 'UnknownRoute', {});
    jobs.allow(getJob, ['dynamodb:GetItem']);
    jobs.allow(listJobs, ['dynamodb:Query']);
    jobs.allow(operations, ['dynamodb:Query']);
    jobs.allow(connections, ['dynamodb:GetItem']);
    this.#route(apigatewayv2.HttpMethod.GET, '/v1/{platform}/{connection}/jobs', listJobs);
    this.#route(apigatewayv2.HttpMethod.GET, '/v1/{platform}/{connection}/jobs/{id}', getJob);
    this.#route(apigatewayv2.HttpMethod.GET, '/v1/{platform}/{connection}/operations', operations);
    this.#route(apigatewayv2.HttpMethod.GET, '/v1/connections', connections);
    this.#route(apigatewayv2.HttpMethod.GET, '/v1/openapi.json', openapi);
    this.#route(apigatewayv2.HttpMethod.ANY, '/v1/{path+}', unknownRoute);
    // A browser cannot sign requests: with IAM there is nothing that the page could show.
    if (props.auth !== 'iam') this.#servePage(make('console', 'Console', {}));
  }

  /** Lets `grantee` submit, read, cancel and report on jobs of this connection and of no other. */
  grantSubmit(grantee: iam.IGrantable, platform: string, connection: string): iam.Grant {
    if (this.#auth !== 'iam') {
      throw new Error('grantSubmit() is for an API with IAM authorization; with JWT the issuer says who may call');
    }
    const jobs = `/v1/${platform}/${connection}/jobs`;
    // The `*` is a job's id.
    const routes = [
      ['POST', jobs],
      ['GET', jobs],
      ['GET', `${jobs}/*`],
      ['GET', `/v1/${platform}/${connection}/operations`],
      ['POST', `${jobs}/*/cancel`],
      ['POST', `${jobs}/*/report`],
    ] as const;
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: routes.map(([method, path]) => this.api.arnForExecuteApi(method, path, STAGE)),
    });
  }

  /** For everybody: the page holds no data, and asks for a token that it sends with each request. */
  #servePage(handler: lambda.Function): void {
    const routes = this.api.addRoutes({
      path: '/',
      methods: [apigatewayv2.HttpMethod.GET],
      integration: new HttpLambdaIntegration(handler.node.id, handler),
      authorizer: new apigatewayv2.HttpNoneAuthorizer(),
    });
    for (const route of routes) {
      acknowledge(route, {
        'AwsSolutions-APIG4': 'A static page without data: a browser has no token to open it with, its requests do',
      });
    }
  }

  #route(method: apigatewayv2.HttpMethod, path: string, handler: lambda.Function): void {
    this.api.addRoutes({
      path,
      methods: [method],
      integration: new HttpLambdaIntegration(handler.node.id, handler),
    });
  }

  #addStage(settings: Settings, throttle: apigatewayv2.ThrottleSettings): void {
    const accessLog = makeVendedLogGroup(this, 'AccessLog', settings);
    const fields = {
      requestId: apigateway.AccessLogField.contextRequestId(),
      time: apigateway.AccessLogField.contextRequestTime(),
      ip: apigateway.AccessLogField.contextIdentitySourceIp(),
      caller: '$context.identity.userArn',
      method: apigateway.AccessLogField.contextHttpMethod(),
      path: '$context.path',
      status: apigateway.AccessLogField.contextStatus(),
      latencyMs: '$context.responseLatency',
      error: '$context.error.message',
      integrationError: '$context.integrationErrorMessage',
    };
    new apigatewayv2.HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: STAGE,
      autoDeploy: true,
      throttle,
      accessLogSettings: {
        destination: new apigatewayv2.LogGroupLogDestination(accessLog),
        format: apigateway.AccessLogFormat.custom(JSON.stringify(fields)),
      },
    });
  }
}
