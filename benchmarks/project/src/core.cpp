#include <bzlib.h>
#include <lz4.h>
#include <pybind11/pybind11.h>
#include <snappy.h>

PYBIND11_MODULE(_core, m)
{
    m.def("versions", [] { return pybind11::make_tuple(LZ4_versionNumber(), BZ2_bzlibVersion()); });
    m.def("snappy_bound", [](size_t size) { return snappy::MaxCompressedLength(size); });
}
