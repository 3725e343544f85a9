// LZ4 frames, as the program `lz4` writes and reads them, in memory.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace frame {

// The data is no frame, is damaged or is cut short.
struct Corrupt : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Compresses to one frame that holds the size and a checksum of the data.
// acceleration: 1 compresses best; every further step is faster and compresses less.
std::string compress(std::string_view data, int acceleration);

// Takes one whole frame, from whatever program, to the data in it. Throws Corrupt.
std::string decompress(std::string_view frame);

}  // namespace frame
