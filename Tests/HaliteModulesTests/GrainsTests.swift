import HaliteHost
import HaliteModuleKit
import HaliteTesting
import HaliteValue
import Testing

@testable import HaliteModules

@Suite struct GrainsTests {
    @Test(arguments: [
        ("NAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n", "Debian", "Debian", "Debian-12"),
        ("NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble\n", "Ubuntu", "Debian", "Ubuntu-24.04"),
        ("NAME=\"Rocky Linux\"\nID=\"rocky\"\nVERSION=\"9.4 (Blue Onyx)\"\nVERSION_ID=\"9.4\"\n", "Rocky", "RedHat", "Rocky Linux-9"),
        ("NAME=\"Red Hat Enterprise Linux\"\nID=\"rhel\"\nVERSION_ID=\"9.4\"\n", "RedHat", "RedHat", "Red Hat Enterprise Linux-9"),
        ("NAME=\"Amazon Linux\"\nID=\"amzn\"\nVERSION_ID=\"2023\"\n", "Amazon", "RedHat", "Amazon Linux-2023"),
        ("NAME=\"SLES\"\nID=\"sles\"\nVERSION_ID=\"15.5\"\nCPE_NAME=\"cpe:/o:suse:sles:15:sp5\"\n", "SUSE", "Suse", "SLES-15"),
        ("NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.20.1\n", "Alpine", "Alpine", "Alpine Linux-3"),
        ("NAME=\"Fedora Linux\"\nID=fedora\nVERSION_ID=40\n", "Fedora", "RedHat", "Fedora Linux-40"),
    ])
    func distributionsAreNamedAsSaltNamesThem(_ release: String, _ os: String, _ family: String, _ finger: String) async {
        let host = FakeHost(files: ["/etc/os-release": release])
        let grains = await OperatingSystemGrain.collect(host, known: ["kernel": "Linux", "cpuarch": "x86_64"])
        #expect(grains["os"] == .string(os))
        #expect(grains["os_family"] == .string(family))
        #expect(grains["osfinger"] == .string(finger))
    }

    @Test func localGrainsAreComplete() async {
        var grains: ValueMap = ["id": "recorder"]
        for grain in builtInGrains {
            for (key, value) in await grain.collect(LocalHost(), known: grains) { grains[key] = value }
        }
        let names = [
            "kernel", "kernelrelease", "os", "os_family", "osrelease", "osfinger", "osarch", "cpuarch", "num_cpus", "mem_total", "host", "fqdn", "ipv4",
            "ip_interfaces", "hwaddr_interfaces", "init", "virtual", "path", "shell", "saltversion", "locale_info", "dns", "ip4_gw", "server_id",
        ]
        for name in names { #expect(grains[name] != nil, "\(name)") }
        // Recorded from Salt for this id.
        #expect(grains["server_id"] == 2_033_919_823)
    }

    @Test func addressesAreSortedByNumber() {
        #expect(IPAddress.sorted(["10.77.0.10", "10.77.0.9", "127.0.0.1"]) == ["10.77.0.9", "10.77.0.10", "127.0.0.1"])
        #expect(IPAddress("fe80:0:0:0:66:50ff:fe06:7bad")?.text == "fe80::66:50ff:fe06:7bad")
        #expect(IPNetwork("10.77.0.0/24").map { $0.contains(IPAddress(bytes: [10, 77, 0, 21])) } == true)
        #expect(IPAddress("300.1.1.1") == nil)
    }
}
