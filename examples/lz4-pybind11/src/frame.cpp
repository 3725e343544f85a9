#include "frame.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>

#include <lz4frame.h>

namespace frame {
namespace {

// A byte of LZ4's format stands for at most 255 bytes of data, so that a forged size in the header can't
// make us ask for more memory than the input could ever fill.
constexpr unsigned long long largest_ratio = 255;
constexpr std::size_t smallest_step = 64 * 1024;

struct FreeContext {
    void operator()(LZ4F_dctx *context) const { LZ4F_freeDecompressionContext(context); }
};
using Context = std::unique_ptr<LZ4F_dctx, FreeContext>;

Context make_context() {
    LZ4F_dctx *context = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
        throw std::bad_alloc();
    return Context(context);
}

std::size_t checked(std::size_t result) {
    if (LZ4F_isError(result))
        throw Corrupt(std::string("not a valid LZ4 frame: ") + LZ4F_getErrorName(result));
    return result;
}

// How much memory to begin with: what the header says, as far as that is possible.
std::size_t first_size(const LZ4F_frameInfo_t &info, std::size_t input_size) {
    const unsigned long long possible = largest_ratio * input_size;
    const unsigned long long said = info.contentSize ? info.contentSize : smallest_step;
    return static_cast<std::size_t>(std::min(said, possible));
}

}  // namespace

std::string compress(std::string_view data, int acceleration) {
    LZ4F_preferences_t preferences{};
    preferences.frameInfo.contentSize = data.size();
    preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
    // LZ4F spells acceleration as a level of zero or below.
    preferences.compressionLevel = 1 - acceleration;
    std::string frame(LZ4F_compressFrameBound(data.size(), &preferences), '\0');
    const std::size_t size =
        LZ4F_compressFrame(frame.data(), frame.size(), data.data(), data.size(), &preferences);
    if (LZ4F_isError(size))
        throw std::runtime_error(std::string("LZ4 failed: ") + LZ4F_getErrorName(size));
    frame.resize(size);
    return frame;
}

std::string decompress(std::string_view frame) {
    const Context context = make_context();
    LZ4F_frameInfo_t info{};
    std::size_t taken = frame.size();
    checked(LZ4F_getFrameInfo(context.get(), &info, frame.data(), &taken));
    frame.remove_prefix(taken);

    std::string data(first_size(info, frame.size()), '\0');
    std::size_t filled = 0;
    for (;;) {
        std::size_t given = data.size() - filled;
        taken = frame.size();
        const std::size_t wanted = checked(LZ4F_decompress(
            context.get(), data.data() + filled, &given, frame.data(), &taken, nullptr));
        frame.remove_prefix(taken);
        filled += given;
        if (wanted == 0)
            break;
        if (filled == data.size())
            data.resize(data.size() + std::max(data.size(), smallest_step));
        else if (frame.empty())
            throw Corrupt("not a valid LZ4 frame: it ends too early");
    }
    if (!frame.empty())
        throw Corrupt("not a valid LZ4 frame: more data follows its end");
    data.resize(filled);
    return data;
}

}  // namespace frame
