#include <nanobind/nanobind.h>
#include <snappy.h>

#include <stdexcept>
#include <string>

namespace nb = nanobind;

NB_MODULE(nanobind_snappy, module) {
    module.def("compress", [](nb::bytes data) {
        std::string out;
        snappy::Compress(data.c_str(), data.size(), &out);
        return nb::bytes(out.data(), out.size());
    });
    module.def("decompress", [](nb::bytes data) {
        std::string out;
        if (!snappy::Uncompress(data.c_str(), data.size(), &out))
            throw std::invalid_argument("this is not what Snappy writes");
        return nb::bytes(out.data(), out.size());
    });
}
