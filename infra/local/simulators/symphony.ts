import { readFileSync } from 'node:fs';
import { faultQueue } from './faults.ts';
import type { Simulator } from './simulator.ts';
import { type Dialect, entryOf, type Said, SPELLINGS, UNKNOWN_ID, type UnknownId } from './symphony/dialects.ts';
import { MISHAPS } from './symphony/faults.ts';
import { OUTCOMES, type Outcome, requestTable } from './symphony/requests.ts';
import { provideScripts, type ScriptName, type Started } from './symphony/scripts.ts';

/** What differs between providers. May be changed while the simulator runs. */
export interface SymphonySettings {
  dialect: Dialect;
  unknownId: UnknownId;
  /** HF-T4: an end is told once, and its request forgotten. */
  oneShot: boolean;
  returnSeconds: number;
  /** Its cloud does not let it delete machines. */
  refusesReturns: boolean;
}

export interface SymphonySimulator extends Simulator {
  readonly settings: SymphonySettings;
  /** The inputs that the scripts got, as text. */
  readonly inputs: string[];
  /** A body whose request ends like this after `seconds`. */
  ends(outcome: Outcome, seconds: number, machineCount?: number): Record<string, unknown>;
}

export interface SymphonySimulatorOptions {
  settings?: Partial<SymphonySettings>;
  now?: () => number;
}

/** A host factory provider: its scripts, for real, with the state of their requests in this process. */
export async function startSymphonySimulator(options: SymphonySimulatorOptions = {}): Promise<SymphonySimulator> {
  const now = options.now ?? Date.now;
  const dialect = options.settings?.dialect ?? 'real';
  const settings: SymphonySettings = {
    dialect,
    unknownId: dialect === 'vendor' ? 'text' : 'complete',
    oneShot: false,
    returnSeconds: 0.1,
    refusesReturns: false,
    ...options.settings,
  };
  const table = requestTable(now, settings);
  const faults = faultQueue();
  const calls: Record<string, number> = {};
  const inputs: string[] = [];
  const say = (body: object, exit = 0): Said => ({ stdout: SPELLINGS[settings.dialect].print(body), exit });

  const answers: Record<ScriptName, (input: Record<string, unknown>) => Said> = {
    requestMachines({ template }) {
      const { templateId, machineCount } = Object(template) as { templateId?: unknown; machineCount?: unknown };
      const [, outcome, seconds] = /^sim:(\w+):([\d.]+)$/.exec(String(templateId)) ?? [];
      if (!OUTCOMES.includes(outcome as Outcome)) {
        return { stdout: `Error: The template does not exist. ${templateId}\n`, exit: 1 };
      }
      const { requestId } = table.provision(outcome as Outcome, Number(seconds), Number(machineCount));
      return say({ message: 'Request VM success.', requestId }, SPELLINGS[settings.dialect].acceptedExit);
    },
    requestReturnMachines({ machines }) {
      const wanted = SPELLINGS[settings.dialect].input(machines);
      if (!wanted) return { stdout: 'Error: machines is not what was expected\n', exit: 1 };
      if (settings.refusesReturns) return say({ message: 'Delete VM failed. Error Code: UnauthorizedOperation' }, 1);
      return say({ message: 'Delete VM success.', requestId: table.giveBack(wanted).requestId });
    },
    getAvailableTemplates() {
      const attributes = { type: ['String', 'X86_64'], ncpus: ['Numeric', '1'], nram: ['Numeric', '1024'] };
      const templates = [{ templateId: 'sim:ok:5', maxNumber: -1, attributes }];
      return say({ templates, message: 'Get available templates success.' });
    },
    getRequestStatus({ requests }) {
      const spelling = SPELLINGS[settings.dialect];
      const wanted = spelling.input(requests);
      if (!wanted) return { stdout: '', exit: 1 };
      const entries: object[] = [];
      for (const { requestId } of wanted) {
        const request = table.find(String(requestId));
        if (request) {
          entries.push(entryOf(request, spelling, table, now()));
          if (settings.oneShot && table.isOver(request)) table.forget(request.requestId);
          continue;
        }
        const unknown = UNKNOWN_ID[settings.unknownId](String(requestId));
        if (unknown === 'silent') return { stdout: '', exit: 1 };
        if (typeof unknown === 'string') return { stdout: `${unknown}\n`, exit: 1 };
        if (unknown) entries.push(unknown);
      }
      return say({ requests: spelling.requests(entries) });
    },
  };

  function serve({ script, file }: Started) {
    calls[script] = (calls[script] ?? 0) + 1;
    const fault = faults.next(script);
    const mishap = fault && MISHAPS[fault];
    const text = readFileSync(file, 'utf8');
    inputs.push(text);
    const said = mishap?.when === 'instead' ? { stdout: '', exit: 0 } : answers[script](JSON.parse(text));
    return (answer: string) => ({
      stdout: said.stdout,
      shell: mishap ? mishap.shell(answer) : `cat '${answer}'\nrm -f '${answer}'\nexit ${said.exit}`,
    });
  }

  const scripts = provideScripts(serve);
  // The vendor's page shows one machine in one object.
  const machines = dialect === 'vendor' ? 1 : 2;
  const ends = (outcome: Outcome, seconds: number, machineCount = machines) => ({
    operation: 'requestMachines',
    template: { templateId: `sim:${outcome}:${seconds}`, machineCount },
  });

  return {
    platform: 'symphony',
    connection: {
      transport: 'exec',
      scripts: scripts.folder,
      environment: { HF_PROVIDER_NAME: 'simulated' },
      ...(dialect === 'vendor' && { requestForm: 'object' }),
    },
    secret: {},
    calls,
    inputs,
    settings,
    inject: faults.inject,
    /** A script is started anew each time: there is no login. */
    expireSessions() {},
    forget: table.forget,
    ends,
    scenarios: {
      succeeds: (seconds) => ends('ok', seconds),
      fails: (seconds) => ends('fail', seconds),
      partlySucceeds: (seconds) => ends('partial', seconds, 3),
      runsForever: () => ends('forever', 0),
      refused: () => ({ operation: 'requestMachines', template: { templateId: 'no-such-template', machineCount: 1 } }),
      adopts(seconds) {
        const { requestId } = table.provision('ok', seconds, machines);
        return { operation: 'requestMachines', adopt: { requestId, machineCount: machines } };
      },
    },
    async close() {
      scripts.close();
    },
  };
}
