import { App } from 'aws-cdk-lib';
import { readConnections } from '../../infra/connections.ts';
import { QueueStack } from './stack.ts';

const app = new App();
const file = app.node.tryGetContext('connections') ?? 'connections.example.json';
new QueueStack(app, 'Queue', { connections: readConnections(file) });
