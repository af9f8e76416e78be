/**
 * The sentences by which vCenter says its faults in English, for adapters that pass on the sentence without the type. Parts
 * in quotes are left out of the text before.
 */
const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [/the session is not authenticated/i, 'NotAuthenticated'],
  [/cannot complete login due to an incorrect user name or password/i, 'InvalidLogin'],
  [
    /login failed due to a bad user ?name or password|^\W*(incorrect|invalid) user ?name or password\W*$/i,
    'InvalidLogin',
  ],
  [/permission to perform this operation was denied/i, 'NoPermission'],
  [/has already been deleted or has not been completely created/i, 'ManagedObjectNotFound'],
  [/managed object not found/i, 'ManagedObjectNotFound'],
  [/the attempted operation cannot be performed in the current state/i, 'InvalidPowerState'],
  [/the operation is not allowed in the current ([a-z]+ )?state/i, 'InvalidState'],
  [/the virtual machine has a question pending/i, 'QuestionPending'],
  [/\bthe name \S.{0,200}? already exists|an object (with|by) the name '' already exists/i, 'DuplicateName'],
  [/the specified key, name, or identifier ('' )?already exists/i, 'AlreadyExists'],
  [/the name '' is (invalid|not valid)|invalid name ''/i, 'InvalidName'],
  [/another task is (already )?in progress/i, 'TaskInProgress'],
  [/a specified parameter was not correct/i, 'InvalidArgument'],
  [/the operation is not supported on the object/i, 'NotSupported'],
  [/the requested operation is not implemented by the server/i, 'NotImplemented'],
  [/unable to complete operation due to concurrent modification/i, 'ConcurrentAccess'],
  [/the (resource|object) '' is in use/i, 'ResourceInUse'],
  [/the method is disabled by/i, 'MethodDisabled'],
  [/unable to communicate with the remote host, since it is disconnected/i, 'HostNotConnected'],
  [/unable to communicate with the remote host/i, 'HostCommunication'],
  [/\blicense\b.{0,60}prohibits execution/i, 'RestrictedVersion'],
  [/\bnot enough licenses\b/i, 'NotEnoughLicenses'],
  [/insufficient resources|resources in the parent resource pool are insufficient/i, 'InsufficientResourcesFault'],
  [/insufficient disk space on/i, 'NoDiskSpace'],
  [/the object or item referred to could not be found/i, 'NotFound'],
  [/unable to access file .{0,200} since it is locked/i, 'FileLocked'],
  // Last: what follows it may be one of the sentences above, of the fault that is the reason.
  [/a general system error occurred/i, 'SystemError'],
];

/** Names that users give stand in quotes, and may be any words: `The name 'NotFound' already exists.` */
export function withoutQuoted(text: string): string {
  return text.replace(/(?<!\w)'[^'\n]*'(?!\w)/g, "''").replace(/"[^"\n]*"/g, "''");
}

/** The fault whose sentence a text has, quoted parts left out. */
export function faultOfSentence(text: string): string | undefined {
  return SENTENCES.find(([sentence]) => sentence.test(text))?.[1];
}

/**
 * What a text names: `vim.VirtualMachine:vm-12`, `Task:task-7`, `type = VirtualMachine, value = 12`, `vm-12`. ESXi's ids are
 * bare numbers, and those of its tasks have dots.
 */
const TYPE =
  '(?:vim\\.\\w+|Task|VirtualMachine|HostSystem|Folder|Datacenter|Datastore|StoragePod|ComputeResource|ClusterComputeResource|ResourcePool|VirtualApp|Network|\\w*DistributedVirtual\\w+|VirtualMachineSnapshot|\\w+Manager|PropertyCollector)';
const OBJECT = new RegExp(
  `\\b(?:${TYPE}:|type ?= ?['"]?${TYPE}['"]?, ?value ?= ?['"]?)([\\w.-]*\\w)|\\b((?:task|vm|host|group|resgroup|datacenter|datastore|network|domain|dvs|dvportgroup|session|snapshot|alarm|schedule)-[a-z]?\\d+)\\b`,
  'g',
);

/** The ids of objects of vCenter that a text names. */
export function objectsIn(text: string): string[] {
  return [...text.matchAll(OBJECT)].map(([, typed, bare]) => (typed ?? bare)!);
}
