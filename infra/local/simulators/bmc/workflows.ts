import { randomUUID } from 'node:crypto';

export interface Output {
  name: string;
  value: string;
}

export interface WorkflowSettings {
  /** How long a workflow takes. */
  workflowMs: number;
  /** The state in which the next workflows end; a workflow that fails keeps its outputs to itself unless `leaky`. */
  endState: string;
  leaky: boolean;
}

interface Workflow {
  id: string;
  startedAt: number;
  endsAt: number;
  endState: string;
  outputs: Output[];
}

/** Workflows that were started with mode=async. What they do at vCenter is done at once, its outcome is told at the end. */
export function workflowTable(now: () => number, settings: WorkflowSettings, process: string) {
  const workflows = new Map<string, Workflow>();
  return {
    start(outputs: Output[]): string {
      const { workflowMs, endState, leaky } = settings;
      const id = randomUUID().replaceAll('-', '');
      const told = endState === 'COMPLETED' || leaky ? outputs : [];
      workflows.set(id, { id, startedAt: now(), endsAt: now() + workflowMs, endState, outputs: told });
      return id;
    },
    forgetAll(): void {
      workflows.clear();
    },
    describe(id: string): Record<string, unknown> | undefined {
      const workflow = workflows.get(id);
      if (!workflow) return undefined;
      const { startedAt, endsAt, endState, outputs } = workflow;
      const over = now() >= endsAt;
      const status = over ? endState : now() - startedAt < (endsAt - startedAt) / 3 ? 'READY' : 'IN_PROGRESS';
      return {
        processName: process,
        name: process.split(':').at(-1),
        peerId: 'urn:jxta:uuid-59616261646162614A78746150325033',
        // A second before the epoch, in the server's zone and language: never set.
        startTime: 'Wed Dec 31 17:59:59 CST 1969',
        status,
        ...(over && { outputParameters: outputs }),
      };
    },
  };
}

export type WorkflowTable = ReturnType<typeof workflowTable>;
