import { randomUUID } from 'node:crypto';
import { Inventory } from './inventory.ts';
import { Sessions } from './sessions.ts';
import type { MoRef } from './soap.ts';
import { Tasks } from './tasks.ts';

export interface WorldOptions {
  username: string;
  password: string;
  apiVersion: string;
  /** Of login sessions. */
  idleSeconds: number;
  /** How long a finished task can be read; vCenter: about ten minutes. */
  retainSeconds: number;
  /** Instead of each method's own duration. */
  taskSeconds?: number;
  queueSeconds: number;
  /** Objects in one page of an answer; unlimited unless told, as with vCenter's default. */
  pageSize: number;
  /** Types of tasks that an extension has registered: CreateTask takes no others. */
  taskTypes: readonly string[];
  /** How far its clock is ahead of ours. */
  clockAheadSeconds: number;
  /**
   * How a read tells of a task that is gone: left out, as with reportMissingObjectsInResults; by a fault of the whole call, as
   * servers that do not know that; or in the object's missingSet.
   */
  goneAs: 'absent' | 'fault' | 'missingSet';
  /** DRS powers on by itself, or waits for somebody who approves what it recommends. */
  drs: 'fullyAutomated' | 'manual';
  /** Stand-alone host: other singletons, no instanceUuid, no history. */
  esxi: boolean;
}

export const DEFAULTS: WorldOptions = {
  username: 'administrator@vsphere.local',
  password: 'simulated',
  apiVersion: '8.0.2.0',
  idleSeconds: 1800,
  retainSeconds: 600,
  queueSeconds: 0.1,
  pageSize: Number.POSITIVE_INFINITY,
  taskTypes: ['com.example.backup', 'com.example.restore'],
  clockAheadSeconds: 0,
  goneAs: 'absent',
  drs: 'fullyAutomated',
  esxi: false,
};

/** All that one simulated server knows. */
export class World {
  readonly options: WorldOptions;
  readonly instanceUuid = randomUUID();
  readonly inventory = new Inventory();
  readonly tasks: Tasks;
  readonly sessions: Sessions;
  readonly singletons: Readonly<Record<string, string>>;

  constructor(options: WorldOptions) {
    this.options = options;
    this.tasks = new Tasks(options.retainSeconds * 1000);
    this.sessions = new Sessions(options.idleSeconds * 1000);
    this.singletons = options.esxi
      ? { PropertyCollector: 'ha-property-collector', SessionManager: 'ha-sessionmgr', TaskManager: 'ha-taskmgr' }
      : { PropertyCollector: 'propertyCollector', SessionManager: 'SessionManager', TaskManager: 'TaskManager' };
    for (let n = 1; n <= 8; n++)
      this.inventory.addVm(`web${String(n).padStart(2, '0')}`, n % 2 ? 'poweredOn' : 'poweredOff');
  }

  /** By its own clock. */
  now(): number {
    return Date.now() + this.options.clockAheadSeconds * 1000;
  }

  get pageSize(): number {
    return this.options.pageSize;
  }

  isSingleton({ type, value }: MoRef): boolean {
    return (type === 'ServiceInstance' && value === 'ServiceInstance') || this.singletons[type] === value;
  }

  /** As vCenter writes a single sign-on user: `VSPHERE.LOCAL\Administrator`. */
  get userName(): string {
    const [user, domain] = this.options.username.split('@');
    return domain ? `${domain.toUpperCase()}\\${user}` : this.options.username;
  }
}
