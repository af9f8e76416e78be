import { synthesize } from '../stack.ts';
import type { AssembleRequest, Assembly } from './assemble.ts';

process.once('message', ({ connections, folder }: AssembleRequest) => {
  const { template, assemblyDir } = synthesize(connections, folder);
  process.send!({ template, assemblyDir } satisfies Assembly, () => process.disconnect());
});
