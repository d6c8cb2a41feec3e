import HaliteModuleKit

/// The runners of the master, by name.
package let builtInRunners: [any ExecutionModule.Type] = [
    CacheRunner.self, EventRunner.self, FileserverRunner.self, JobsRunner.self, ManageRunner.self, MineRunner.self, PillarRunner.self,
    SaltRunner.self, StateRunner.self, TestRunner.self,
]

/// What modules of the library have more on a master.
package let builtInMasterModules: [any ExecutionModule.Type] = [SaltutilMasterModule.self]

/// The states that only an orchestration has.
package let builtInOrchestrationStates: [any StateModule.Type] = [SaltState.self]
