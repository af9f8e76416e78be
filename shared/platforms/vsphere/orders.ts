/**
 * Wire order of parameters: SOAP has one, JSON objects do not. From the vendor's API description (8.0 U3); `?` marks what
 * may be left out. Methods that are not here are sent in the order in which the caller wrote them.
 */
export const METHOD_ORDERS: Readonly<Record<string, readonly string[]>> = {
  PowerOnVM_Task: ['host?'],
  PowerOffVM_Task: [],
  SuspendVM_Task: [],
  ResetVM_Task: [],
  ConsolidateVMDisks_Task: [],
  Destroy_Task: [],
  Rename_Task: ['newName'],
  ReconfigVM_Task: ['spec'],
  CloneVM_Task: ['folder', 'name', 'spec'],
  InstantClone_Task: ['spec'],
  CreateVM_Task: ['config', 'pool', 'host?'],
  RegisterVM_Task: ['path', 'name?', 'asTemplate', 'pool?', 'host?'],
  RelocateVM_Task: ['spec', 'priority?'],
  MigrateVM_Task: ['pool?', 'host?', 'priority', 'state?'],
  CreateSnapshot_Task: ['name', 'description?', 'memory', 'quiesce'],
  CreateSnapshotEx_Task: ['name', 'description?', 'memory', 'quiesceSpec?'],
  RemoveSnapshot_Task: ['removeChildren', 'consolidate?'],
  RemoveAllSnapshots_Task: ['consolidate?', 'spec?'],
  RevertToSnapshot_Task: ['host?', 'suppressPowerOn?'],
  RevertToCurrentSnapshot_Task: ['host?', 'suppressPowerOn?'],
  UpgradeVM_Task: ['version?'],
  UpgradeTools_Task: ['installerOptions?'],
  CustomizeVM_Task: ['spec'],
  MoveIntoFolder_Task: ['list'],
  PowerOnMultiVM_Task: ['vm', 'option?'],
  EnterMaintenanceMode_Task: ['timeout', 'evacuatePoweredOffVms?', 'maintenanceSpec?'],
  ExitMaintenanceMode_Task: ['timeout'],
  RebootHost_Task: ['force'],
  ShutdownHost_Task: ['force'],
  ReconnectHost_Task: ['cnxSpec?', 'reconnectSpec?'],
  DisconnectHost_Task: [],
  ReconfigureComputeResource_Task: ['spec', 'modify'],
  CreateVirtualDisk_Task: ['name', 'datacenter?', 'spec'],
  CopyVirtualDisk_Task: ['sourceName', 'sourceDatacenter?', 'destName', 'destDatacenter?', 'destSpec?', 'force?'],
  ExtendVirtualDisk_Task: ['name', 'datacenter?', 'newCapacityKb', 'eagerZero?'],
  DeleteVirtualDisk_Task: ['name', 'datacenter?'],
  MoveDatastoreFile_Task: ['sourceName', 'sourceDatacenter?', 'destinationName', 'destinationDatacenter?', 'force?'],
  DeleteDatastoreFile_Task: ['name', 'datacenter?'],
  SearchDatastore_Task: ['datastorePath', 'searchSpec?'],
};

/** Wire order of the properties of a data object, by the method's parameter that declares it. Base types come first. */
export const PROPERTY_ORDERS: Readonly<Record<string, readonly string[]>> = {
  'CloneVM_Task/spec': [
    'location',
    'template',
    'config',
    'customization',
    'powerOn',
    'snapshot',
    'memory',
    'tpmProvisionPolicy',
  ],
};

/** Declared anyType: their values need an xsi:type always. By the type of the object that has them. */
export const ANY_TYPE_PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  OptionValue: ['value'],
  KeyAnyValue: ['value'],
  ArrayUpdateSpec: ['removeKey'],
};

/** Properties whose items are of such a type by declaration, so that callers need not say it. */
export const DECLARED_TYPES: Readonly<Record<string, string>> = {
  extraConfig: 'OptionValue',
  changedValue: 'OptionValue',
};

/** Entries of the table above without the mark. */
export function parameterNames(order: readonly string[]): string[] {
  return order.map((name) => name.replace('?', ''));
}

/** An entry by a name from outside, which may be one that every object has: `constructor`. */
export function entry<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
