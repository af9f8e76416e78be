import type { Json, JsonObject, Part } from '../../job/job.ts';
import { shortened } from '../../secrets/conceal.ts';
import { isObject, type MoRef, morefOf } from './moref.ts';
import { type Fault, faultOf, type TaskInfo } from './task-info.ts';

/** The members of a result that a state of success may hide: which failed, and which did not. */
export interface Items {
  failed: FailedItem[];
  worked: WorkedItem[];
}

interface FailedItem {
  id: string;
  name?: string;
  fault: Fault;
}

interface WorkedItem {
  id: string;
  name?: string;
  message?: string;
  running?: boolean;
}

/**
 * Failures are found by structure, for new methods bring new types of results:
 *
 * - an object whose `fault`, `faults`, `error` or `errors` is a fault (CNS's volume results, DiskMapResult, BatchResult, …),
 *   or that says so in a word (`success: false`, `status: "failed"`), is a failed member, alone or in a list;
 * - its siblings in the list without a fault have worked;
 * - some results list their members by outcome: `failedHosts` and `addedHosts`, `notAttempted` and `attempted`.
 */
const FAULTS = ['fault', 'faults', 'error', 'errors'];
const FAILED_LIST = /^notAttempted$|(^f|F)ailed/;
const WORKED_LIST = /^attempted$|(^s|S)ucceeded|(^a|A)dded|(^c|C)onfigured/;
/** References to what was made all the same: HostResignatureRescanResult.result, DistributedVirtualSwitchManagerImportResult. */
const MADE = /^result$|^distributedVirtual(Switch|Portgroup)$/;
/** Faults of an earlier operation, or of choices that were not taken: never this task's failure. */
const NOT_WALKED = new Set([
  'lastInstallInfo',
  'scheduledHardwareUpgradeInfo',
  'placementFaults',
  'warning',
  'warnings',
]);

/** The faults that these methods return are their answer (what would stand in the way), not their failure. */
const CHECKS = /^(check|query|validate|estimate)/i;

export function itemsOf({ name, descriptionId, result }: TaskInfo): Items {
  const isCheck = CHECKS.test(name ?? '') || CHECKS.test(descriptionId?.split('.').at(-1) ?? '');
  return result === undefined || isCheck ? noItems() : itemsIn(result);
}

function noItems(): Items {
  return { failed: [], worked: [] };
}

/** The parser bounds the depth of what is walked. */
function itemsIn(value: Json): Items {
  if (Array.isArray(value)) return itemsOfList(value);
  const items = noItems();
  if (!isObject(value)) return items;
  const fault = faultIn(value);
  if (fault) items.failed.push({ ...identityOf(value), fault });
  for (const [name, inner] of Object.entries(value)) {
    if (NOT_WALKED.has(name) || (fault && FAULTS.includes(name))) continue;
    if (typeof inner === 'object' && inner !== null && FAILED_LIST.test(name)) {
      for (const member of list(inner))
        items.failed.push({ ...identityOf(member), fault: faultIn(member) ?? faultOf({}) });
    } else if (typeof inner === 'object' && inner !== null && WORKED_LIST.test(name)) {
      for (const member of list(inner)) items.worked.push(workedItem(member));
    } else if (MADE.test(name) && list(inner).every((member) => morefOf(member) !== undefined)) {
      for (const member of list(inner)) items.worked.push(workedItem(member));
    } else append(items, itemsIn(inner));
  }
  for (const item of recommendedOnly(value)) items.failed.push(item);
  return items;
}

function itemsOfList(members: readonly Json[]): Items {
  const items = noItems();
  const unharmed: Json[] = [];
  for (const member of members) {
    const inside = itemsIn(member);
    if (inside.failed.length === 0 && inside.worked.length === 0) unharmed.push(member);
    append(items, inside);
  }
  if (items.failed.length > 0) for (const member of unharmed) items.worked.push(workedItem(member));
  return items;
}

/** Not by spreading, which puts every member on the stack: results have had 100,000. */
function append(items: Items, more: Items): void {
  for (const item of more.failed) items.failed.push(item);
  for (const item of more.worked) items.worked.push(item);
}

/** The fault of a member, or what stands for one. */
function faultIn(member: Json): Fault | undefined {
  if (!isObject(member)) return undefined;
  if (isLocalized(member)) return faultOf(member);
  for (const name of FAULTS) {
    const found = list(member[name]).find(looksLikeFault);
    // Of several, the text has them all.
    if (found !== undefined) return { ...faultOf(found), ...messageOfAll(member[name]) };
  }
  return saysNo(member);
}

function messageOfAll(faults: Json | undefined): { message?: string } {
  const { message } = faultOf({ faults: list(faults) });
  return message === undefined ? {} : { message };
}

/** LocalizedMethodFault. */
function isLocalized(value: JsonObject): boolean {
  const { fault, localizedMessage } = value;
  return (
    isObject(fault) &&
    typeof fault._typeName === 'string' &&
    typeof (localizedMessage ?? '') === 'string' &&
    Object.keys(value).every((key) => ['fault', 'localizedMessage', '_typeName'].includes(key))
  );
}

/** A fault, wrapped or bare, or a LocalizableMessage in its place. */
function looksLikeFault(value: Json | undefined): boolean {
  if (!isObject(value)) return false;
  if (isObject(value.fault) || value.localizedMessage !== undefined || typeof value._typeName === 'string') return true;
  return typeof value.key === 'string' && typeof value.message === 'string';
}

/** Results that say so in a word: ApplyHostProfileConfigurationResult.status, BatchResult.result, CryptoKeyResult.success. */
const WORDS: readonly (readonly [string, RegExp])[] = [
  ['status', /^(\w+_)?failed$|^cancell?ed$|^state_not_satisfied$/i],
  ['result', /^(fail(ed|ure)?|error)$/i],
  ['success', /^false$/],
];

function saysNo(member: JsonObject): Fault | undefined {
  for (const [name, no] of WORDS) {
    const value = member[name];
    if ((typeof value !== 'string' && typeof value !== 'boolean') || !no.test(String(value))) continue;
    const { reason } = member;
    const why = typeof reason === 'string' && reason !== '' ? reason : `The result says ${name} "${value}"`;
    return { type: 'unknown', message: why, fields: {} };
  }
  return undefined;
}

/** The child tasks of PowerOnMultiVM are only started when the parent succeeds: they may still fail. */
function workedItem(member: Json): WorkedItem {
  const task = isObject(member) ? morefOf(member.task) : undefined;
  return { ...identityOf(member), ...(task && { running: true, message: `goes on as ${task.value}` }) };
}

const POWER_ON_RESULT = new Set(['_typeName', 'attempted', 'notAttempted', 'recommendations']);

/**
 * ClusterPowerOnVmResult.recommendations: "recommendations that need the client to approve manually". Where DRS is not fully
 * automated, nothing is powered on until somebody does. There may be several for one machine, one a host.
 */
function recommendedOnly(value: JsonObject): FailedItem[] {
  if (!Object.keys(value).every((key) => POWER_ON_RESULT.has(key))) return [];
  const attempted = new Set(list(value.attempted).map((it) => identityOf(it).id));
  const items = new Map<string, FailedItem>();
  for (const recommendation of list(value.recommendations).filter(isObject)) {
    const targets = [...list(recommendation.action).map((it) => (isObject(it) ? it.target : undefined))]
      .map(morefOf)
      .filter((it) => it?.type === 'VirtualMachine')
      .map((it) => it!.value);
    const fallback = morefOf(recommendation.target)?.value ?? textOf(recommendation.key);
    for (const id of targets.length > 0 ? targets : [fallback]) {
      if (!attempted.has(id) && !items.has(id)) items.set(id, { id, fault: onlyRecommended(recommendation) });
    }
  }
  return [...items.values()];
}

function onlyRecommended({ key, reasonText }: JsonObject): Fault {
  const reason = textOf(reasonText);
  return {
    type: 'OnlyRecommended',
    message: `DRS only recommends to power it on${reason && ` (${reason})`} and waits for an approval: apply the recommendation${textOf(key) && ` ${textOf(key)}`}, or power on with the option OverrideAutomationLevel "fullyAutomated"`,
    fields: {},
  };
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? shortened(value, 200) : '';
}

const SUBJECTS = [
  'vm',
  'host',
  'entity',
  'datastore',
  'volumeId',
  'key',
  'keyId',
  'vmPath',
  'name',
  'hostName',
  'vmName',
  'hostKey',
  'ds',
  'path',
  'file',
  'diskId',
  'disk',
  'uuid',
  'id',
  'vmFile',
  'devicePath',
  'target',
];

function identityOf(member: Json): { id: string; name?: string } {
  const reference = morefOf(member);
  if (reference) return { id: reference.value };
  if (!isObject(member)) return { id: typeof member === 'string' ? member : '' };
  for (const subject of SUBJECTS) {
    const value = member[subject];
    const target: MoRef | undefined = morefOf(value);
    if (target) return { id: target.value, ...named(member) };
    // CnsVolumeId and its like: an object of one id.
    const id = isObject(value) ? value.id : value;
    if (typeof id === 'string' && id !== '') return { id };
  }
  return { id: '', ...named(member) };
}

function named(member: JsonObject): { name?: string } {
  const name = member.hostName ?? member.vmName ?? member.name;
  return typeof name === 'string' && name !== '' ? { name } : {};
}

function list(value: Json | undefined): Json[] {
  if (value === undefined) return [];
  // An empty element is a list without members, whatever its name.
  return (Array.isArray(value) ? value : [value]).filter((it) => it !== null && it !== '');
}

/** Parts are stored with the job: 200 are at most 100 KB. The failed ones come first, and the error has the counts. */
const MAX_PARTS = 200;
const MAX_MESSAGE = 500;

/** Of one item: a sentence or two; the error has the first one's whole text. */
export function itemText({ type, message = type }: Fault): string {
  return message.length > MAX_MESSAGE ? `${shortened(message, MAX_MESSAGE - 1)}…` : message;
}

/** As parts of the job; what has no id of its own gets its place in the list. */
export function partsOf({ failed, worked }: Items): Part[] {
  const parts: Part[] = [
    ...failed.slice(0, MAX_PARTS).map(({ id, name, fault }): Part => {
      return { id, ...(name && { name }), status: 'FAILED', message: itemText(fault) };
    }),
    ...worked.slice(0, Math.max(0, MAX_PARTS - failed.length)).map(({ id, name, message, running }): Part => {
      return { id, ...(name && { name }), status: running ? 'RUNNING' : 'SUCCEEDED', ...(message && { message }) };
    }),
  ];
  return parts.map((part, index) => (part.id ? part : { ...part, id: String(index + 1) }));
}
