import sysconfig

import lz4_conan

data = b"wheels within wheels " * 99
assert lz4_conan.decompress(lz4_conan.compress(data)) == data
print(f"lz4 {lz4_conan.VERSION} on {sysconfig.get_platform()}")
