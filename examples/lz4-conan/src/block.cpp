// LZ4 blocks, each with its length before it: four bytes, the lowest first.
#include <lz4.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace py = pybind11;

static py::bytes compress(std::string_view data) {
    if (data.size() > LZ4_MAX_INPUT_SIZE) throw std::length_error("too long for one block");
    std::string block(4 + LZ4_compressBound(static_cast<int>(data.size())), '\0');
    for (int at = 0; at < 4; ++at) block[at] = static_cast<char>(data.size() >> (8 * at));
    const int size = LZ4_compress_default(data.data(), &block[4], static_cast<int>(data.size()),
                                          static_cast<int>(block.size()) - 4);
    return py::bytes(block.data(), 4 + size);
}

static py::bytes decompress(std::string_view block) {
    if (block.size() < 4) throw std::invalid_argument("not a block");
    std::uint32_t size = 0;
    for (int at = 0; at < 4; ++at) size |= static_cast<std::uint32_t>(static_cast<unsigned char>(block[at])) << (8 * at);
    // nothing shrinks below 1/255: a length beyond that is no reason to ask for that much memory
    if (size > 255 * block.size()) throw std::invalid_argument("not a block");
    std::string data(size, '\0');
    const int found = LZ4_decompress_safe(block.data() + 4, &data[0], static_cast<int>(block.size()) - 4,
                                          static_cast<int>(size));
    if (found < 0 || static_cast<std::uint32_t>(found) != size) throw std::invalid_argument("not a block");
    return py::bytes(data);
}

PYBIND11_MODULE(_block, module) {
    module.def("compress", &compress, py::arg("data"));
    module.def("decompress", &decompress, py::arg("block"));
    module.attr("VERSION") = LZ4_versionString();
}
