import type { Json, JsonObject, Part } from '../../job/job.ts';
import { isObject, type MoRef, morefOf } from './moref.ts';
import { type Fault, faultOf, type TaskInfo } from './task-info.ts';

/** The members of a result that a state of success may hide: which failed, and which did not. */
export interface Items {
  failed: { id: string; name?: string; fault: Fault }[];
  worked: { id: string; name?: string; message?: string; running?: boolean }[];
}

/** A result that lists its members by outcome. */
interface ListedResult {
  methods: string;
  failed: readonly string[];
  worked: readonly string[];
}

export const LISTED_RESULTS: readonly ListedResult[] = [
  { methods: 'PowerOnMultiVM, CreateSecondaryVM, EnableSecondaryVM', failed: ['notAttempted'], worked: ['attempted'] },
  {
    methods: 'BatchAddHostsToCluster, BatchAddStandaloneHosts',
    failed: ['hostsFailedInventoryAdd', 'hostsFailedMoveToCluster'],
    worked: ['hostsAddedToCluster'],
  },
  { methods: 'ConfigureHCI, ExtendHCI', failed: ['failedHosts'], worked: ['addedHosts', 'configuredHosts'] },
  {
    methods: 'UpdateVirtualMachineFiles, UpdateVVolVirtualMachineFiles',
    failed: ['failedVmFile', 'failedVmConfigFile'],
    worked: ['succeededVmConfigFile'],
  },
];
const FAILED_LISTS = new Set(LISTED_RESULTS.flatMap((it) => it.failed));
const WORKED_LISTS = new Set(LISTED_RESULTS.flatMap((it) => it.worked));

/** The faults that these methods return are their answer (what would stand in the way), not their failure. */
const CHECKS = /^(Check|Query)/;

/** Walks the result; a list item that carries a fault is a failed member, and its siblings without one have worked. */
export function itemsOf(info: TaskInfo): Items {
  const items: Items = { failed: [], worked: [] };
  if (info.result !== undefined && !CHECKS.test(info.name ?? '')) walk(info.result, items);
  return items;
}

function walk(value: Json, items: Items): void {
  if (Array.isArray(value)) walkList(value, items);
  if (!isObject(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    if (FAILED_LISTS.has(name)) items.failed.push(...list(inner).map(failedItem));
    else if (WORKED_LISTS.has(name)) items.worked.push(...list(inner).map(workedItem));
    else walk(inner, items);
  }
}

function walkList(members: Json[], items: Items): void {
  const anyFailed = members.some((it) => faultIn(it) !== undefined);
  for (const member of members) {
    if (faultIn(member) !== undefined) items.failed.push(failedItem(member));
    else if (anyFailed) items.worked.push(workedItem(member));
    else walk(member, items);
  }
}

/** `fault` in most results, `error` in DiskMapResult, `errors` in ApplyHostProfileConfigurationResult. */
function faultIn(member: Json): JsonObject | undefined {
  if (!isObject(member)) return undefined;
  return [member.fault, member.error, ...list(member.errors)].find(looksLikeFault) as JsonObject | undefined;
}

function looksLikeFault(value: Json | undefined): boolean {
  if (!isObject(value)) return false;
  return isObject(value.fault) || value.localizedMessage !== undefined || typeof value._typeName === 'string';
}

function failedItem(member: Json): Items['failed'][number] {
  return { ...identityOf(member), fault: faultOf(faultIn(member)) };
}

/** The child tasks of PowerOnMultiVM are only started when the parent succeeds: they may still fail. */
function workedItem(member: Json): Items['worked'][number] {
  const task = isObject(member) ? morefOf(member.task) : undefined;
  return { ...identityOf(member), ...(task && { running: true, message: `goes on as ${task.value}` }) };
}

const SUBJECTS = [
  'vm',
  'host',
  'entity',
  'datastore',
  'key',
  'vmPath',
  'name',
  'hostName',
  'path',
  'file',
  'diskId',
  'disk',
];

function identityOf(member: Json): { id: string; name?: string } {
  const reference = morefOf(member);
  if (reference) return { id: reference.value };
  if (!isObject(member)) return { id: typeof member === 'string' ? member : '' };
  for (const subject of SUBJECTS) {
    const value = member[subject];
    const target: MoRef | undefined = morefOf(value);
    if (target) return { id: target.value, ...named(member) };
    if (typeof value === 'string' && value !== '') return { id: value };
  }
  return { id: '', ...named(member) };
}

function named(member: JsonObject): { name?: string } {
  const name = member.hostName ?? member.vmName ?? member.name;
  return typeof name === 'string' && name !== '' ? { name } : {};
}

function list(value: Json | undefined): Json[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** Parts are stored with the job: 200 are about 20 KB. The failed ones come first, and the error has the counts. */
const MAX_PARTS = 200;

/** As parts of the job; what has no id of its own gets its place in the list. */
export function partsOf({ failed, worked }: Items): Part[] {
  const parts: Part[] = [
    ...failed.slice(0, MAX_PARTS).map(({ id, name, fault }): Part => {
      return { id, ...(name && { name }), status: 'FAILED', message: fault.message ?? fault.type };
    }),
    ...worked.slice(0, Math.max(0, MAX_PARTS - failed.length)).map(({ id, name, message, running }): Part => {
      return { id, ...(name && { name }), status: running ? 'RUNNING' : 'SUCCEEDED', ...(message && { message }) };
    }),
  ];
  return parts.map((part, index) => (part.id ? part : { ...part, id: String(index + 1) }));
}
