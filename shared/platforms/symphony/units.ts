import type { Json, JsonObject } from '../../job/job.ts';
import type { Entry, Machine } from './answer.ts';

/**
 * Where machines have weights, machineCount counts units of capacity: eight units may come as two machines of four. That is
 * how fleets and templates with several instance types are made; the vendor's page knows machines only.
 *
 * `true`: units are counted, and the provider's word is taken for how many a machine has. A table: how many a machine of an
 * instance type has, or of a template.
 */
export type CapacityUnits = boolean | Readonly<Record<string, number>>;

/** What has come of what was asked for. `fulfilled` is not known where only the provider knows the weights. */
export interface Capacity {
  target: number;
  fulfilled?: number;
}

/** The key of a table of weights that stands for every instance type: the request's template has one weight. */
export const ANY_TYPE = '*';

/** Spellings of public providers and of the fleets behind them, without case, hyphens and underscores. */
const TARGET = ['targetunits', 'targetcapacityunits', 'targetcapacity', 'totaltargetcapacity', 'requestedunits'];
const FULFILLED = ['fulfilledunits', 'fulfilledcapacityunits', 'fulfilledcapacity', 'totalfulfilledcapacity'];
const OF_MACHINE = ['weightedcapacity', 'capacityunits', 'units', 'weight'];

/** What the provider says of the units of a request. */
export function unitsIn(entry: JsonObject): Entry['units'] {
  const target = numberIn(entry, TARGET);
  const fulfilled = numberIn(entry, FULFILLED);
  if (target === undefined && fulfilled === undefined) return undefined;
  return { ...(target !== undefined && { target }), ...(fulfilled !== undefined && { fulfilled }) };
}

/** What the provider says of the units of a machine. */
export function unitsOfMachine(machine: JsonObject): number | undefined {
  // No machine counts for nothing: a field that nobody has filled in.
  return numberIn(machine, OF_MACHINE) || undefined;
}

function numberIn(object: JsonObject, names: readonly string[]): number | undefined {
  const values = new Map(
    Object.entries(object).map(([name, value]) => [name.toLowerCase().replace(/[-_]/g, ''), value]),
  );
  return names.map((name) => amountOf(values.get(name))).find((amount) => amount !== undefined);
}

function amountOf(value: Json | undefined): number | undefined {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  return /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}

/** How the capacity of a request is to be counted, or `undefined`: by its machines. `up` are those that can be used. */
export function capacityOf(
  { units }: Pick<Entry, 'units'>,
  up: readonly Machine[],
  wanted: number,
  setting: CapacityUnits | undefined,
): Capacity | undefined {
  if (setting === false) return undefined;
  // What was asked for is not less because the provider set out for less. 0 beside machines that are up is no count.
  if (units?.fulfilled !== undefined && (units.fulfilled > 0 || up.length === 0))
    return { target: Math.max(wanted, units.target ?? 0), fulfilled: units.fulfilled };
  const weights = typeof setting === 'object' ? setting : {};
  const weighed = up.map(
    ({ units: own, instanceType = '' }) => own ?? weightIn(weights, instanceType) ?? weightIn(weights, ANY_TYPE),
  );
  if (weighed.some((weight) => weight !== undefined))
    return { target: wanted, fulfilled: weighed.reduce<number>((sum, weight) => sum + (weight ?? 1), 0) };
  return setting === true ? { target: wanted } : undefined;
}

function weightIn(weights: Readonly<Record<string, number>>, name: string): number | undefined {
  if (Object.hasOwn(weights, name)) return weights[name];
  // One cloud writes its types in other cases in templates and in answers.
  const other = Object.keys(weights).find((key) => key.toLowerCase() === name.toLowerCase());
  return other === undefined ? undefined : weights[other];
}

/** What a request keeps of how it is counted, where its connection does not say it for all. */
export function ownSetting(
  ofRequest: CapacityUnits | undefined,
  ofConnection: CapacityUnits | undefined,
  templateId: string,
): CapacityUnits | undefined {
  const table = typeof ofRequest === 'object' ? ofRequest : ofRequest === undefined ? ofConnection : undefined;
  const weight = typeof table === 'object' ? weightIn(table, templateId) : undefined;
  if (weight === undefined) return ofRequest;
  return { ...(typeof ofRequest === 'object' && ofRequest), [ANY_TYPE]: weight };
}

/** How a request is counted. */
export function settingOf(
  own: CapacityUnits | undefined,
  ofConnection: CapacityUnits | undefined,
): CapacityUnits | undefined {
  if (typeof own === 'object' && typeof ofConnection === 'object') return { ...ofConnection, ...own };
  return own ?? ofConnection;
}
