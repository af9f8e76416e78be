import { readFileSync } from 'node:fs';

/** A variable that the stack sets on the function. */
export function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`environment variable ${name} is not set: deploy the stack again`);
  return value;
}

/** Platform, connection, options: the file that the stack puts beside the function's code. */
export type Connections = Record<string, Record<string, unknown>>;

export function connectionsBesideCode(): Connections {
  return JSON.parse(readFileSync(new URL('./connections.json', import.meta.url), 'utf8'));
}
