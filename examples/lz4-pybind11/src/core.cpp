// The Python module: conversions and errors; the work is done in frame.cpp.
#include <string>
#include <string_view>

#include <lz4.h>
#include <pybind11/pybind11.h>

#include "frame.hpp"

namespace py = pybind11;

namespace {

py::bytes compress(const py::bytes &data, int acceleration) {
    if (acceleration < 1)
        throw py::value_error("acceleration must be 1 or more");
    const std::string_view view = data;
    std::string frame;
    {
        // `data` is kept alive by the caller and never changes: other threads may run meanwhile.
        py::gil_scoped_release release;
        frame = frame::compress(view, acceleration);
    }
    return py::bytes(frame);
}

py::bytes decompress(const py::bytes &frame) {
    const std::string_view view = frame;
    std::string data;
    {
        py::gil_scoped_release release;
        data = frame::decompress(view);
    }
    return py::bytes(data);
}

}  // namespace

PYBIND11_MODULE(_core, module) {
    module.doc() = "LZ4 frames by the LZ4 library.";
    py::register_exception_translator([](std::exception_ptr thrown) {
        try {
            if (thrown)
                std::rethrow_exception(thrown);
        } catch (const frame::Corrupt &error) {
            PyErr_SetString(PyExc_ValueError, error.what());
        }
    });
    module.def("compress", &compress, py::arg("data"), py::arg("acceleration") = 1,
               "Compress data to one LZ4 frame; higher accelerations are faster and compress less.");
    module.def("decompress", &decompress, py::arg("frame"),
               "Return the data in one whole LZ4 frame; ValueError where it is damaged.");
    module.def("lz4_version", &LZ4_versionString, "The version of the LZ4 library within.");
}
