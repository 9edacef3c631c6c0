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

/// A root that securesystemslib 1.6.0 made: its root role takes an Ed25519, an ECDSA and an RSA key,
/// all three.
let securesystemslibRoot = #"""
    {"signatures":[{"keyid":"6fa20bb8f2400c4e81b8858a249a9e5eec84a6b9c548db2e86bab50fcd6daef\#
    6","sig":"2d7af738b2d1297683bab7c8e72f6ab5a218eb256586ed3ebee239d2ad77161339080f0c1d9082\#
    fd1fd772cedf9df0aa4e4f022cc0abbaf5f4d3f04bfc181401"},{"keyid":"ab8af78a11712e964e14b9f01\#
    0568fb07548b1b23481161ce6acb04240e57362","sig":"30440220364d168e4ba2bda7e3041cd35470b7ac\#
    68887dcbf438c9b1b750a75ed75ba93b02200e437985780df27924d97bedc5612339035a7f02d9fa8096c199\#
    de3d84edc45c"},{"keyid":"5581e00b2a4d81f5979ae52abc26c0e53b0050a73dad072e25ac8b10f81fb2a\#
    c","sig":"0aebea5ec2163cc85b3b9f48c0c5f290edfb0bc634ea7398b32c589d484834c3bedb9e342da17a\#
    6e947ec3c1e8d1c4caa60b3c82fec26cccf71da2a26bd3779372b0a398feee8c7e77309a63106148fac5c79b\#
    0f637ae3ab83e96587dfbc75ed072b107d0ab0dd6b3b3040a7d72644fbbe096002b75aabcd1507cb0b124e7d\#
    c82ba60ac7d84b0d62e06806c26a1dc8f1286eb495615f6495f6564472bd18a1422552fa4d3ee85765558089\#
    650f91f2cef39fe9379512caba7908fa7f23548ad11e1bbc5b9c8ca57ac4b621017f7a9175bc18c91c56467e\#
    b5c2a2bc06e8ab51e6312ee883c8d778d3933bea657fac246424cb98d3989acab3dba62e67c3ce4130"}],"s\#
    igned":{"_type":"root","spec_version":"1.0.31","version":1,"expires":"2031-05-09T00:00:0\#
    0Z","consistent_snapshot":true,"keys":{"6fa20bb8f2400c4e81b8858a249a9e5eec84a6b9c548db2e\#
    86bab50fcd6daef6":{"keytype":"ed25519","scheme":"ed25519","keyval":{"public":"8ab8f7263f\#
    0b4d1be1515022acc6edcf68392901f2e4cd299aa0955f520ec7d5"}},"ab8af78a11712e964e14b9f010568\#
    fb07548b1b23481161ce6acb04240e57362":{"keytype":"ecdsa","scheme":"ecdsa-sha2-nistp256","\#
    keyval":{"public":"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEt/mmB\#
    86F9mj0aqaoJAvmTHtYb+wq\nMZT1TIOhO/TvX02VUkY2z5JrwhbolgqmErPi0rF8Qkry5PICQVnxwb6JLA==\n-\#
    ----END PUBLIC KEY-----\n"}},"5581e00b2a4d81f5979ae52abc26c0e53b0050a73dad072e25ac8b10f8\#
    1fb2ac":{"keytype":"rsa","scheme":"rsassa-pss-sha256","keyval":{"public":"-----BEGIN PUB\#
    LIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA3yywvhdCOPujAL0oSjL5\naWZ6BmKO\#
    4/TB9WRcnFTcdJLb1Pv+ATF+Fosu6PJ4uvHeNQ8jQNNTBLVseLZb5x2z\nLy2cKDdJpVidiUY8c8GogerJvkHfCY\#
    be9PP31nGJeD0bW8cglE2AqVMlceqmQtoy\njRQdlwxU5iKuBF0/dpDwhyMeHViKU/89kU4VO1Omu/GtTe0s6ysM\#
    BWsMHbIwgPGL\nHfOHg/EEcfk6EDCGrUNQGNWLy8QPHX6KAUXMS9WIiAygFDAyrNqMPcSawXxQ+Pdt\nDq82cHRV\#
    m9iXnAGEGtmiVJXrNuJbF1+2AHV2LjXAJV4yfv2cDsQhCXka5CKa3iWr\nmQIDAQAB\n-----END PUBLIC KEY-\#
    ----\n"}}},"roles":{"root":{"keyids":["6fa20bb8f2400c4e81b8858a249a9e5eec84a6b9c548db2e8\#
    6bab50fcd6daef6","ab8af78a11712e964e14b9f010568fb07548b1b23481161ce6acb04240e57362","558\#
    1e00b2a4d81f5979ae52abc26c0e53b0050a73dad072e25ac8b10f81fb2ac"],"threshold":3},"timestam\#
    p":{"keyids":["6fa20bb8f2400c4e81b8858a249a9e5eec84a6b9c548db2e86bab50fcd6daef6","ab8af7\#
    8a11712e964e14b9f010568fb07548b1b23481161ce6acb04240e57362","5581e00b2a4d81f5979ae52abc2\#
    6c0e53b0050a73dad072e25ac8b10f81fb2ac"],"threshold":1},"snapshot":{"keyids":["6fa20bb8f2\#
    400c4e81b8858a249a9e5eec84a6b9c548db2e86bab50fcd6daef6","ab8af78a11712e964e14b9f010568fb\#
    07548b1b23481161ce6acb04240e57362","5581e00b2a4d81f5979ae52abc26c0e53b0050a73dad072e25ac\#
    8b10f81fb2ac"],"threshold":1},"targets":{"keyids":["6fa20bb8f2400c4e81b8858a249a9e5eec84\#
    a6b9c548db2e86bab50fcd6daef6","ab8af78a11712e964e14b9f010568fb07548b1b23481161ce6acb0424\#
    0e57362","5581e00b2a4d81f5979ae52abc26c0e53b0050a73dad072e25ac8b10f81fb2ac"],"threshold"\#
    :1}}}}
    """#
