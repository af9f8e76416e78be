import { App } from 'aws-cdk-lib';
import { readConnections } from '../../infra/connections.ts';
import { AlertStack } from './stack.ts';

const app = new App();
const file = app.node.tryGetContext('connections') ?? 'connections.example.json';
new AlertStack(app, 'Alert', { connections: readConnections(file), webhookSecret: 'chat-webhook' });
