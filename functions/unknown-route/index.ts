import { connectionsBesideCode } from '../../shared/lambda/environment.ts';
import { apiHandler } from '../../shared/lambda/http-api.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { unknownRoute } from './unknown-route.ts';

const platforms = Object.keys(connectionsBesideCode());

/** `ANY /v1/{path+}`: what no other route takes. API Gateway's own answer would not say what is wrong with the path. */
export const handler = apiHandler({ logger: createLogger() }, async ({ method, path }) => {
  throw unknownRoute(method, path, platforms);
});
