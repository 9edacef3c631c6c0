import DurableFiles
import TestKit
import Testing

@testable import Telemetry

@Suite struct HardwareReadingTests {
    /// Writes files below a root, which stands for the machine's.
    private func machine(
        _ files: [String: String], _ body: (HardwareReading) throws -> Void
    ) throws {
        try withScratch { (scratch) throws in
            for (path, text) in files {
                var place = try scratch.duplicate()
                let parts = path.split(separator: "/").map(String.init)
                for part in parts.dropLast() { place = try place.openOrMake(part) }
                try place.replace(try #require(parts.last), with: Array(text.utf8))
            }
            try body(HardwareReading.read(root: scratch.path))
        }
    }

    @Test func `a gateway's own words are read`() throws {
        try machine([
            "proc/loadavg": "0.52 0.58 0.59 1/389 12345\n",
            "proc/uptime": "3600.25 7000.00\n",
            "proc/meminfo": "MemTotal:        1000 kB\nMemFree: 10 kB\nMemAvailable:     400 kB\n",
            "proc/pressure/io": "some avg10=1.00 avg60=12.50 avg300=0.1 total=5\nfull avg10=0\n",
            "sys/class/thermal/thermal_zone0/temp": "48250\n",
            "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
            "sys/class/thermal/thermal_zone1/temp": "-274000\n",
            "sys/class/thermal/cooling_device0/type": "fan\n",
            "sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "3\n",
            "sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count": "4\n",
            "sys/block/mmcblk0/device/life_time": "0x02 0x04\n",
            "sys/block/sda/size": "1\n",
        ]) { reading in
            #expect(reading.load == 0.52)
            #expect(reading.uptime == 3600.25)
            #expect(reading.memoryTotal == 1_024_000 && reading.memoryAvailable == 409_600)
            #expect(reading.pressure == ["io": 0.125])
            #expect(reading.temperatures == ["cpu-thermal-0": 48.25])
            #expect(reading.throttles == 7)
            #expect(reading.wear == ["mmcblk0": 0.4])
        }
    }

    @Test func `a machine that says nothing, or nonsense, gives an empty reading`() throws {
        try machine([:]) { #expect($0 == HardwareReading()) }
        try machine([
            "proc/loadavg": "\n", "proc/uptime": "soon", "proc/meminfo": "MemTotal\n: :\n",
            "proc/pressure/cpu": "none\n", "sys/class/thermal/thermal_zone0/temp": "hot",
            "sys/block/mmcblk0/device/life_time": "0x00 0xFF 7\n",
        ]) { #expect($0 == HardwareReading()) }
    }

    @Test func `this machine has memory and an uptime`() {
        let reading = HardwareReading.read()
        #expect((reading.memoryTotal ?? 0) > 1_000_000)
        #expect((reading.uptime ?? 0) > 0)
    }
}
