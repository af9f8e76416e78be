import { didYouMean } from '../../api/did-you-mean.ts';
import type { MoRef } from './moref.ts';

/**
 * Every method of the API 8.0 U3 that returns a task, by the managed type that declares it: for a word to who has mistyped one.
 * Never a reason to refuse a call: newer servers have more.
 */
const DECLARED: Readonly<Record<string, string>> = {
  CertificateManager: 'CertMgrRefreshCACertificatesAndCRLs CertMgrRefreshCertificates CertMgrRevokeCertificates',
  ClusterComputeResource: `
    AddHost ConfigureHCI ExtendHCI MoveHostInto MoveInto ReconfigureCluster StampAllRulesWithUuid
  `,
  ClusterEVCManager: 'CheckAddHostEvc CheckConfigureEvcMode ConfigureEvcMode DisableEvcMode',
  ComputeResource: 'ReconfigureComputeResource',
  CryptoManagerHost: 'ChangeKey',
  CryptoManagerKmip: 'RetrieveKmipServersStatus',
  Datacenter: 'PowerOnMultiVM ReconfigureDatacenter',
  Datastore: 'DatastoreExitMaintenanceMode UpdateVVolVirtualMachineFiles UpdateVirtualMachineFiles',
  DiagnosticManager: 'GenerateLogBundles',
  DistributedVirtualPortgroup: 'DVPortgroupRollback ReconfigureDVPortgroup',
  DistributedVirtualSwitch: `
    AddDVPortgroup CreateDVPortgroup DVSRollback DvsReconfigureVmVnicNetworkResourcePool MergeDvs
    MoveDVPort PerformDvsProductSpecOperation ReconfigureDVPort ReconfigureDvs RectifyDvsHost
    UpdateDVSHealthCheckConfig
  `,
  DistributedVirtualSwitchManager: 'DVSManagerExportEntity DVSManagerImportEntity RectifyDvsOnHost',
  FailoverClusterConfigurator: `
    configureVcha createPassiveNode createWitnessNode deployVcha destroyVcha prepareVcha
  `,
  FailoverClusterManager: 'initiateFailover setClusterMode',
  FileManager: 'CopyDatastoreFile DeleteDatastoreFile MoveDatastoreFile',
  Folder: `
    AddStandaloneHost BatchAddHostsToCluster BatchAddStandaloneHosts CreateDVS CreateVM MoveIntoFolder
    RegisterVM UnregisterAndDestroy
  `,
  HostActiveDirectoryAuthentication: 'ImportCertificateForCAM JoinDomainWithCAM JoinDomain LeaveCurrentDomain',
  HostCacheConfigurationManager: 'ConfigureHostCache',
  HostDatastoreBrowser: 'SearchDatastoreSubFolders SearchDatastore',
  HostDatastoreSystem: 'RemoveDatastoreEx ResignatureUnresolvedVmfsVolume',
  HostNvdimmSystem: `
    CreateNvdimmNamespace CreateNvdimmPMemNamespace DeleteNvdimmBlockNamespaces DeleteNvdimmNamespace
  `,
  HostPatchManager: `
    CheckHostPatch InstallHostPatchV2 InstallHostPatch QueryHostPatch ScanHostPatchV2 ScanHostPatch
    StageHostPatch UninstallHostPatch
  `,
  HostProfileManager: `
    ApplyEntitiesConfig ApplyHostConfig CheckAnswerFileStatus CompositeHostProfile ExportAnswerFile
    GenerateHostConfigTaskSpec GenerateHostProfileTaskList UpdateAnswerFile
    ValidateHostProfileComposition
  `,
  HostStorageSystem: `
    AttachScsiLunEx ConnectNvmeControllerEx DetachScsiLunEx DisconnectNvmeControllerEx MarkAsLocal
    MarkAsNonLocal MarkAsNonSsd MarkAsSsd MarkPerenniallyReservedEx MountVmfsVolumeEx
    ResolveMultipleUnresolvedVmfsVolumesEx TurnDiskLocatorLedOff TurnDiskLocatorLedOn UnmapVmfsVolumeEx
    UnmountVmfsVolumeEx
  `,
  HostSystem: `
    DisconnectHost EnterMaintenanceMode ExitMaintenanceMode PowerDownHostToStandBy
    PowerUpHostFromStandBy RebootHost ReconfigureHostForDAS ReconnectHost ShutdownHost
    UpdateProductLockerLocation
  `,
  HostVFlashManager: 'ConfigureVFlashResourceEx',
  HostVStorageObjectManager: `
    HostCloneVStorageObject HostCreateDisk HostDeleteVStorageObjectEx HostDeleteVStorageObject
    HostExtendDisk HostInflateDisk HostReconcileDatastoreInventory HostRelocateVStorageObject
    HostSetVirtualDiskUuid HostUpdateVStorageObjectMetadataEx HostUpdateVStorageObjectMetadata
    HostVStorageObjectCreateDiskFromSnapshot HostVStorageObjectCreateSnapshot
    HostVStorageObjectDeleteSnapshot HostVStorageObjectRevert
  `,
  HostVsanSystem: `
    AddDisks EvacuateVsanNode InitializeDisks RecommissionVsanNode RemoveDiskMapping RemoveDisk
    UnmountDiskMapping UpdateVsan
  `,
  HttpNfcLease: 'HttpNfcLeasePullFromUrls',
  IoFilterManager: `
    InstallIoFilter ResolveInstallationErrorsOnCluster ResolveInstallationErrorsOnHost UninstallIoFilter
    UpgradeIoFilter
  `,
  ManagedEntity: 'Destroy Rename',
  Profile: 'CheckProfileCompliance',
  ProfileComplianceManager: 'CheckCompliance',
  ResourcePool: 'CreateChildVM RegisterChildVM',
  StorageResourceManager: `
    ApplyStorageDrsRecommendationToPod ApplyStorageDrsRecommendation ConfigureDatastoreIORM
    ConfigureStorageDrsForPod RefreshStorageDrsRecommendationsForPod
  `,
  VStorageObjectManagerBase: `
    RevertVStorageObjectEx VStorageObjectCreateSnapshotEx VStorageObjectDeleteSnapshotEx
    VStorageObjectExtendDiskEx
  `,
  VcenterVStorageObjectManager: `
    CloneVStorageObject CreateDiskFromSnapshot CreateDisk DeleteSnapshot DeleteVStorageObjectEx
    DeleteVStorageObject ExtendDisk InflateDisk ReconcileDatastoreInventory RelocateVStorageObject
    RevertVStorageObject SetVirtualDiskUuidEx UpdateVStorageInfrastructureObjectPolicy
    UpdateVStorageObjectCrypto UpdateVStorageObjectPolicy VCenterUpdateVStorageObjectMetadataEx
    VStorageObjectCreateSnapshot
  `,
  VirtualApp: 'CloneVApp PowerOffVApp PowerOnVApp SuspendVApp unregisterVApp',
  VirtualDiskManager: `
    CopyVirtualDisk CreateVirtualDisk DefragmentVirtualDisk DeleteVirtualDisk EagerZeroVirtualDisk
    ExtendVirtualDisk InflateVirtualDisk MoveVirtualDisk ShrinkVirtualDisk ZeroFillVirtualDisk
  `,
  VirtualMachine: `
    ApplyEvcModeVM AttachDisk CloneVM ConsolidateVMDisks CreateScreenshot CreateSecondaryVMEx
    CreateSecondaryVM CreateSnapshotEx CreateSnapshot CryptoUnlock CustomizeVM DetachDisk
    DisableSecondaryVM EnableSecondaryVM EstimateStorageForConsolidateSnapshots InstantClone
    MakePrimaryVM MigrateVM PowerOffVM PowerOnVM PromoteDisks ReconfigVM RelocateVM RemoveAllSnapshots
    ResetVM RevertToCurrentSnapshot StartRecording StartReplaying StopRecording StopReplaying SuspendVM
    TerminateFaultTolerantVM TurnOffFaultToleranceForVM UpgradeTools UpgradeVM
    reloadVirtualMachineFromPath
  `,
  VirtualMachineCompatibilityChecker: 'CheckCompatibility CheckPowerOn CheckVmConfig',
  VirtualMachineGuestCustomizationManager: 'AbortCustomization CustomizeGuest StartGuestNetwork',
  VirtualMachineProvisioningChecker: `
    CheckClone CheckInstantClone CheckMigrate CheckRelocate QueryVMotionCompatibilityEx
  `,
  VirtualMachineSnapshot: 'RemoveSnapshot RevertToSnapshot',
  VmwareDistributedVirtualSwitch: 'UpdateDVSLacpGroupConfig',
  VsanUpgradeSystem: 'PerformVsanUpgrade',
};

/** Types that have the methods of another, of those that declare some. */
const BASES: Readonly<Record<string, readonly string[]>> = {
  ClusterComputeResource: ['ComputeResource', 'ManagedEntity'],
  ClusterProfile: ['Profile'],
  ComputeResource: ['ManagedEntity'],
  Datacenter: ['ManagedEntity'],
  Datastore: ['ManagedEntity'],
  DistributedVirtualPortgroup: ['ManagedEntity'],
  DistributedVirtualSwitch: ['ManagedEntity'],
  Folder: ['ManagedEntity'],
  HostProfile: ['Profile'],
  HostSystem: ['ManagedEntity'],
  HostVStorageObjectManager: ['VStorageObjectManagerBase'],
  Network: ['ManagedEntity'],
  OpaqueNetwork: ['ManagedEntity'],
  ResourcePool: ['ManagedEntity'],
  StoragePod: ['Folder', 'ManagedEntity'],
  VcenterVStorageObjectManager: ['VStorageObjectManagerBase'],
  VirtualApp: ['ResourcePool', 'ManagedEntity'],
  VirtualMachine: ['ManagedEntity'],
  VmwareDistributedVirtualSwitch: ['DistributedVirtualSwitch', 'ManagedEntity'],
};

const TYPES = [...new Set([...Object.keys(DECLARED), ...Object.keys(BASES)])];

/** The types that declare each method. Without Map.groupBy: the package runs on Node 20 too. */
const DECLARERS = new Map<string, string[]>();
for (const [type, names] of Object.entries(DECLARED)) {
  for (const name of names.trim().split(/\s+/)) {
    const method = `${name}_Task`;
    DECLARERS.set(method, [...(DECLARERS.get(method) ?? []), type]);
  }
}
const METHODS = [...DECLARERS.keys()];

/** The method that this name is meant for, where it differs in the case of its letters only: names are case-sensitive. */
export function misspelledCase(method: string): string | undefined {
  if (DECLARERS.has(method)) return undefined;
  return METHODS.find((it) => it.toLowerCase() === method.toLowerCase());
}

/** `did you mean "PowerOnVM_Task"? `, or nothing. */
export function methodMeant(method: string): string {
  return didYouMean(method, METHODS);
}

/** What is probably wrong with a call that the server has not understood, as far as the names of method and type tell. */
export function namingAdvice(method: string, { type }: MoRef): string | undefined {
  const declarers = DECLARERS.get(method);
  if (!declarers && method !== 'CreateTask') {
    const meant = methodMeant(method).trim();
    if (meant) return `no method ${method} is known here; ${meant}`;
  }
  if (!TYPES.includes(type)) {
    const meant = didYouMean(type, TYPES).trim();
    return meant ? `no type ${type} is known here; ${meant}` : undefined;
  }
  const fits = [type, ...(BASES[type] ?? [])].some((it) => declarers?.includes(it));
  if (!declarers || fits) return undefined;
  return `${method} is a method of ${declarers.join(' and ')}, and the target is a ${type}`;
}
