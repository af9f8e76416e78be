/** The local engine as a process that can be killed: `engine-process.ts CONFIG`, a JSON file of `EngineConfig`. */
import { appendFileSync, readFileSync } from 'node:fs';
import type { Assembly } from '../../infra/local/assemble.ts';
import { startEngine } from '../../infra/local/engine.ts';
import type { SecretValues } from '../../infra/local/secrets.ts';

export interface EngineConfig {
  assembly: Assembly;
  secrets: SecretValues;
  dataDir: string;
  port: number;
  eventsFile: string;
}

const { eventsFile, ...options } = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as EngineConfig;
const engine = await startEngine({
  ...options,
  maxWorkers: 4,
  // Before the bus says that it has the event: what is on the file was delivered.
  onEvent: (event) => appendFileSync(eventsFile, `${JSON.stringify(event)}\n`),
});
process.on('SIGTERM', () => engine.stop().then(() => process.exit(0)));
console.log(`ready at ${engine.url}`);
