import { App } from 'aws-cdk-lib';
import { makeStack } from '../../infra/app-connections.ts';
import { AlertStack } from './stack.ts';

const app = new App();
makeStack(app, (connections) => new AlertStack(app, 'Alert', { connections, webhookSecret: 'chat-webhook' }));
