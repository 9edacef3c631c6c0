// Made by Python (json, hashlib, and Ed25519 of the package cryptography) with the seeds 01… and 02….

/// A root whose root role takes both keys; its canonical form holds a raw line feed.
let pythonRoot = #"""
    {"signatures": [{"keyid": "7ab6b86cb2c9684b0ddc10896153aa2595decf4d4327a5ff1a8ab7422c828\#
    b12", "sig": "4f7c94cea437bd9a2eb6d6e84d9c17a440f96ecf03f9c0798a8eaff89d99a122d0ffd9a80a\#
    7eefec832d3e813063fc93f47d8db1157ce821fd2c6e930352b20f"}, {"keyid": "c3f860ca5da4454d334\#
    96ca33bb48f0cdcd5b731be7316b67ca191db0185aa26", "sig": "d6a31e27fd218ac2ca53f0bb8db0ede6\#
    8637255537dfdce14042edec2a1fa9f198afc3d105b7f6e8f9162e930b7a6110826931c9cb69231256523630\#
    c4d99406"}], "signed": {"_type": "root", "spec_version": "1.0.34", "version": 1, "expire\#
    s": "2031-05-09T00:00:00Z", "consistent_snapshot": true, "x-note": "\u00e9 \" \\ line\ne\#
    nd", "keys": {"7ab6b86cb2c9684b0ddc10896153aa2595decf4d4327a5ff1a8ab7422c828b12": {"keyt\#
    ype": "ed25519", "scheme": "ed25519", "keyval": {"public": "8a88e3dd7409f195fd52db2d3cba\#
    5d72ca6709bf1d94121bf3748801b40f6f5c"}}, "c3f860ca5da4454d33496ca33bb48f0cdcd5b731be7316\#
    b67ca191db0185aa26": {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": "8\#
    139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394"}}}, "roles": {"root": {\#
    "keyids": ["7ab6b86cb2c9684b0ddc10896153aa2595decf4d4327a5ff1a8ab7422c828b12", "c3f860ca\#
    5da4454d33496ca33bb48f0cdcd5b731be7316b67ca191db0185aa26"], "threshold": 2}, "timestamp"\#
    : {"keyids": ["7ab6b86cb2c9684b0ddc10896153aa2595decf4d4327a5ff1a8ab7422c828b12"], "thre\#
    shold": 1}, "snapshot": {"keyids": ["7ab6b86cb2c9684b0ddc10896153aa2595decf4d4327a5ff1a8\#
    ab7422c828b12"], "threshold": 1}, "targets": {"keyids": ["7ab6b86cb2c9684b0ddc10896153aa\#
    2595decf4d4327a5ff1a8ab7422c828b12"], "threshold": 1}}}}
    """#

/// An envelope over `{"name":"demo"}`, signed by both keys.
let pythonEnvelope = #"""
    {"payload": "eyJuYW1lIjoiZGVtbyJ9", "payloadType": "application/vnd.nacelle.manifest.v1+\#
    json", "signatures": [{"keyid": "7ab6b86cb2c9684b0ddc10896153aa2595decf4d4327a5ff1a8ab74\#
    22c828b12", "sig": "PDmSP9vAFDW68BJRcJwI5mBoNB1NEqu7yYXUNmw8z0O5kBqOhWA1ljlr4wG/TsxAim4+\#
    WFbc/zLCZ2GYwZfRAQ=="}, {"keyid": "c3f860ca5da4454d33496ca33bb48f0cdcd5b731be7316b67ca19\#
    1db0185aa26", "sig": "6bsXfxA2AsDHuTJ8FYERp0FnhrbcwT/yks8Y+boQ+6wpDXAI7HdTYDisAAWTPEjXh5\#
    h2RWoI/Nh22N9N3kDrCw=="}]}
    """#
