"""The example's releases as the test wants them: a good one, one that crashes later, one that kills the
boot, and one big enough to be cut in each phase."""
import os
import random
import subprocess

DESCRIPTION = """application: bearing
version: {version}
release-counter: {counter}
summary: bearing-fault classifier, INT8
compatible: [turbine-gateway]
requires: {{architecture: {architecture}, memory: 128MiB}}
tree:
{tree}
compression: {{level: 3}}
seal: {{paths: [weights/]}}
smoke:
  kind: inference
  program: bin/bearing-infer
  arguments: [--model, weights/bearing.onnx, --runtime, lib/libonnxruntime.so, --socket, "{{socket}}"]
  model: bearing
  ready-timeout: 60s
  deadline: 3min
  cases: [smoke/test_data_set_0, smoke/test_data_set_1]
  tolerance: {{absolute: 0.02, relative: 0.0}}
  top1-agreement: 1.0
probation: {{duration: {probation}s, interval: 1s, start-timeout: 90s, failures: 3}}
"""

# In the smoke run the socket is another one; what is wrong shows in service alone.
WRAPPER = """#!/bin/sh
case "$*" in
    *" /run/bearing/http.sock"*)
        {wrong} ;;
esac
exec /var/lib/nacelle/current/bin/bearing-infer.real "$@"
"""
# A smoke run starts in its slot, which is not current yet.
WRAPPER = WRAPPER.replace("/var/lib/nacelle/current/bin", "./bin")


class Releases:
    def __init__(self, project, work):
        self.project, self.work = project, work
        self.ship, self.made = f"{project}/.build/ship", f"{project}/.build/bearing"
        os.makedirs(work, exist_ok=True)

    def bundle(self, *words):
        done = subprocess.run([f"{self.ship}/nacelle-bundle", *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise SystemExit(f"nacelle-bundle {' '.join(words)}: {done.stdout}")
        return done.stdout

    def keys(self):
        if os.path.exists(f"{self.work}/root.json"):
            return
        self.bundle("keygen", "signing", f"{self.work}/release", "-q")
        self.bundle("keygen", "device", f"{self.work}/device", "-q")
        self.bundle("root", "init", "--root", f"{self.work}/release.pub", "--targets",
                    f"{self.work}/release.pub", "--days", "3650", "--sign",
                    f"{self.work}/release.key", "-o", f"{self.work}/root.json", "-q")

    def make(self, version, counter, probation, wrong=None, model="1.1.0", filler=0):
        """Builds one; the paths of its bundle and of its .swu."""
        here = f"{self.work}/{version}"
        key = repr((version, counter, probation, wrong, model, filler))
        out = f"{here}.nacelle", f"{here}.swu"
        stamp = f"{here}.made"
        if os.path.exists(stamp) and open(stamp).read() == key:
            return out
        os.makedirs(here, exist_ok=True)
        tree = [(f"{self.made}/runtime/libonnxruntime.so", "lib/libonnxruntime.so", None),
                (f"{self.made}/{model}/bearing.onnx", "weights/bearing.onnx", None),
                (f"{self.made}/{model}/smoke", "smoke", None)]
        program = f"{self.ship}/bearing-infer"
        if wrong:
            with open(f"{here}/wrapper", "w") as file:
                file.write(WRAPPER.format(wrong=wrong))
            tree += [(f"{here}/wrapper", "bin/bearing-infer", "755"),
                     (program, "bin/bearing-infer.real", "755")]
        else:
            tree.append((program, "bin/bearing-infer", "755"))
        if filler:
            with open(f"{here}/filler", "wb") as file:
                file.write(random.Random(version).randbytes(filler))
            tree.append((f"{here}/filler", "data/filler", None))
        lines = "\n".join(f"  - {{from: {a}, to: {b}" + (f', mode: "{mode}"}}' if mode else "}")
                          for a, b, mode in tree)
        with open(f"{here}/bundle.yaml", "w") as file:
            file.write(DESCRIPTION.format(
                version=version, counter=counter, tree=lines, probation=probation,
                architecture=os.uname().machine))
        for path in out:
            if os.path.exists(path):
                os.unlink(path)
        self.bundle("build", f"{here}/bundle.yaml", "-o", out[0], "-q", "--recipient",
                    f"{self.work}/device.pub", "--sign", f"{self.work}/release.key")
        self.bundle("wrap", "--swu", out[0], "-o", out[1])
        with open(stamp, "w") as file:
            file.write(key)
        return out
