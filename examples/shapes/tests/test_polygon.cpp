// Tests of the C++ library; the exit code is the number of failures.
#include <shapes/polygon.hpp>

#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace {

int failures = 0;

void check(bool holds, const char *what) {
    if (!holds) {
        std::fprintf(stderr, "FAILED: %s\n", what);
        ++failures;
    }
}

bool close(double a, double b) { return std::abs(a - b) < 1e-12; }

// 4 x 3, with a hole of 1 x 1.
shapes::Polygon frame() {
    return shapes::Polygon({{{0, 0}, {4, 0}, {4, 3}, {0, 3}}, {{1, 1}, {1, 2}, {2, 2}, {2, 1}}});
}

void test_measures() {
    check(close(frame().area(), 11), "the area leaves out the hole");
    check(close(frame().perimeter(), 18), "the perimeter counts the hole's edge");
    check(frame().bounds().high.x == 4 && frame().bounds().low.y == 0, "the bounds are the outer ring's");
    check(frame().contains({3, 1.5}), "a point inside");
    check(!frame().contains({1.5, 1.5}), "a point in the hole");
    check(!frame().contains({5, 1}), "a point outside");
}

void test_geojson() {
    const auto back = shapes::from_geojson(shapes::to_geojson(frame()));
    check(back.size() == 1 && close(back[0].area(), 11), "a polygon comes back from GeoJSON");
    const std::string text =
        R"({"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}},
            {"type": "Feature", "properties": {}, "geometry": null},
            {"type": "Feature", "properties": {}, "geometry":
                {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 1], [0, 0]]]}}]})";
    const auto found = shapes::from_geojson(text);
    check(found.size() == 1 && close(found[0].area(), 0.5), "polygons alone are taken");
}

template <class Call>
void check_refused(Call call, const char *what) {
    try {
        call();
        check(false, what);
    } catch (const std::invalid_argument &) {
    }
}

void test_errors() {
    check_refused([] { shapes::Polygon({}); }, "no ring");
    check_refused([] { shapes::Polygon({{{0, 0}, {1, 1}, {0, 0}}}); }, "two points");
    check_refused([] { shapes::from_geojson("{"); }, "no JSON");
    check_refused([] { shapes::from_geojson(R"({"type": "Polygon"})"); }, "no coordinates");
}

}  // namespace

int main() {
    test_measures();
    test_geojson();
    test_errors();
    return failures;
}
