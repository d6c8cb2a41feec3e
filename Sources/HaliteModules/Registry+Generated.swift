// Written by scripts/generate-registry; do not edit.

import HaliteModuleKit

package let builtInModules: [any ExecutionModule.Type] = [
    ServiceSystemd.self,
    ServiceSysV.self,
    CmdModule.self,
    ConfigModule.self,
    CpModule.self,
    DefaultsModule.self,
    EnvironModule.self,
    EventModule.self,
    FileModule.self,
    GrainsModule.self,
    GroupModule.self,
    MineModule.self,
    NetworkModule.self,
    PillarModule.self,
    PipModule.self,
    PkgApt.self,
    SaltutilModule.self,
    ShadowModule.self,
    SlsutilModule.self,
    SupervisordModule.self,
    SysModule.self,
    TestModule.self,
    UserModule.self,
    VirtualenvModule.self,
]

package let builtInStates: [any StateModule.Type] = [
    CmdState.self,
    FileState.self,
    GroupState.self,
    ModuleState.self,
    PipState.self,
    PkgState.self,
    ServiceState.self,
    SupervisordState.self,
    TestState.self,
    UserState.self,
    VirtualenvState.self,
]

package let builtInGrains: [any Grain.Type] = [
    KernelGrain.self,
    OperatingSystemGrain.self,
    HardwareGrain.self,
    InitGrain.self,
    NetworkGrain.self,
    VirtualGrain.self,
    SaltGrain.self,
]
