import { App } from 'aws-cdk-lib';
import { makeStack } from '../../infra/app-connections.ts';
import { QueueStack } from './stack.ts';

const app = new App();
makeStack(app, (connections) => new QueueStack(app, 'Queue', { connections }));
