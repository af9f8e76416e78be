import { type Fault, faultChain } from './task-info.ts';

/** What a task's own fault says about running the same job again. Looking is over in any case. */
export type FaultClass = 'transient' | 'capacity' | 'conflict' | 'permanent' | 'operator' | 'canceled' | 'unclassified';

/** `JobError.retryable` of each class. */
export const RETRYABLE: Readonly<Record<FaultClass, boolean | undefined>> = {
  transient: true,
  capacity: true,
  conflict: false,
  permanent: false,
  operator: false,
  canceled: undefined,
  unclassified: undefined,
};

/** Faults in info.error, by the leaf type. */
export const TASK_FAULTS: Readonly<Record<Exclude<FaultClass, 'unclassified'>, readonly string[]>> = {
  transient: [
    'TaskInProgress',
    'VAppTaskInProgress',
    'VAppOperationInProgress',
    'ConcurrentAccess',
    'ResourceInUse',
    'FileLocked',
    'SnapshotLocked',
    'MethodDisabled',
    'MethodAlreadyDisabledFault',
    'HostNotConnected',
    'HostNotReachable',
    'HostCommunication',
    'Timedout',
    'NetworkCopyFault',
    'GatewayNotReachable',
    'GatewayToHostConnectFault',
    'GatewayHostNotReachable',
    'GatewayOperationRefused',
    'LicenseServerUnavailable',
    'LicenseSourceUnavailable',
    'StorageDrsHmsMoveInProgress',
    'StorageDrsHmsUnreachable',
    'TooManyConcurrentNativeClones',
    'ToolsUnavailable',
    'MksConnectionLimitReached',
    'NetworkDisruptedAndConfigRolledBack',
    'SystemError',
    'DatabaseError',
  ],
  capacity: [
    'NoDiskSpace',
    'NoCompatibleHost',
    'NoCompatibleDatastore',
    'NoConnectedDatastore',
    'ResourceNotAvailable',
    'InvalidResourcePoolStructureFault',
  ],
  conflict: [
    'InvalidState',
    'QuestionPending',
    'NoActiveHostInCluster',
    'VmPowerOnDisabled',
    'EncryptionKeyRequired',
    'AlreadyExists',
    'DuplicateName',
    'AlreadyUpgraded',
    'NotFound',
    'ManagedObjectNotFound',
  ],
  permanent: [
    'InvalidArgument',
    'InvalidRequest',
    'InvalidType',
    'InvalidProperty',
    'MethodNotFound',
    'InvalidName',
    'InvalidDatastore',
    'InvalidFolder',
    'InvalidLicense',
    'NotSupported',
    'NotImplemented',
    'NotEnoughLicenses',
    'NumVirtualCpusExceedsLimit',
    'VmConfigFault',
    'GenericVmConfigFault',
    'MigrationFault',
    'CannotAccessVmComponent',
    'FileFault',
    'FileNotFound',
    'FileAlreadyExists',
    'CannotAccessFile',
    'CannotCreateFile',
    'CannotDeleteFile',
    'SnapshotFault',
    'LimitExceeded',
    'OutOfBounds',
  ],
  operator: [
    'NoPermission',
    'SecurityError',
    'HostAccessRestrictedToManagementServer',
    'RestrictedByAdministrator',
    'RestrictedVersion',
    'AuthMinimumAdminPermission',
    'InvalidLogin',
    'PasswordExpired',
    'SSLVerifyFault',
  ],
  canceled: ['RequestCanceled'],
};

/** Families that share a word of their names; asked where the table above has no entry, first match wins. */
export const TASK_FAULT_FAMILIES: readonly (readonly [RegExp, FaultClass])[] = [
  [/^Insufficient/, 'capacity'],
  [/InUse$/, 'transient'],
  [/^Invalid\w*State$/, 'conflict'],
  [/^(Ovf|Dvs|Vsan|EVC|Customization)/, 'permanent'],
  [/(CustomizationFault|MigrationFault|VmConfigFault)$/, 'permanent'],
  [/License/, 'permanent'],
  [/^GuestOperations/, 'operator'],
];

/** Outer faults that say so little that a transient cause inside them is the better answer. */
const VAGUE = new Set(['SystemError', 'GenericVmConfigFault', 'ExtendedFault']);

/** Failures of which the work may have gone on, or of which a part may have been applied; a cause says so as well. */
export const UNCERTAIN_FAULTS: ReadonlySet<string> = new Set([
  'Timedout',
  'HostCommunication',
  'HostNotReachable',
  'HostNotConnected',
  'GatewayNotReachable',
  'GatewayToHostConnectFault',
  'GatewayHostNotReachable',
  'SystemError',
  'UnexpectedFault',
  'DatabaseError',
]);

/** Faults by which the server turns the work away before it begins: nothing is left behind, whatever the method. */
export const NOTHING_BEGAN: ReadonlySet<string> = new Set([
  'TaskInProgress',
  'VAppTaskInProgress',
  'VAppOperationInProgress',
  'MethodDisabled',
  'MethodAlreadyDisabledFault',
  'TooManyConcurrentNativeClones',
  'DuplicateName',
  'InvalidName',
  'InvalidRequest',
  'InvalidType',
  'MethodNotFound',
  'NotImplemented',
  'NotSupported',
  'NotAuthenticated',
  'RestrictedVersion',
  'RestrictedByAdministrator',
  'HostAccessRestrictedToManagementServer',
]);

/** Bulk faults list the failed items of a larger set, the rest may have been applied. State error stays the platform's word. */
export const BULK_FAULTS: ReadonlySet<string> = new Set([
  'DvsOperationBulkFault',
  'ImportOperationBulkFault',
  'DvsApplyOperationFault',
]);

const BY_TYPE: ReadonlyMap<string, FaultClass> = new Map(
  Object.entries(TASK_FAULTS).flatMap(([name, types]) => types.map((type) => [type, name as FaultClass] as const)),
);

function classOfType(type: string): FaultClass {
  return BY_TYPE.get(type) ?? TASK_FAULT_FAMILIES.find(([family]) => family.test(type))?.[1] ?? 'unclassified';
}

export function faultClass(fault: Fault): FaultClass {
  const own = classOfType(fault.type);
  if (!VAGUE.has(fault.type) && own !== 'unclassified') return own;
  const inside = faultChain(fault.cause).some((cause) => classOfType(cause.type) === 'transient');
  return inside ? 'transient' : own;
}
